// Where the vec4 number i of a buffer lies in the texture that it was copied to, in rows of TEXTURE_WIDTH (gpu/texture.ts).
// Joined to programs that read textures.

fn texel(i: u32) -> vec2u { return vec2u(i % 1024, i / 1024); }

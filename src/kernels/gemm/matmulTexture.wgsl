// The tiles of matmulTiles.wgsl with operands read from textures that they were copied to just before, texel for vec4
// (see gpu/texture.ts). Of all that lavapipe can load from, a storage texture is the cheapest: no branch a lane and
// component, and the code that loads is one function for all programs, small enough for the CPU's cache.

enable subgroups;

@group(0) @binding(0) var a: texture_storage_2d<rgba32float, read>;
@group(0) @binding(1) var b: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> other: array<vec4f>;
//: for sums in 0..SUMS
@group(0) @binding(5) var<storage, read_write> rowSums: array<f32>;
//: end

fn a4_at(i: u32) -> vec4f { return textureLoad(a, texel(i)); }   // see shared/texel.wgsl
fn b4_at(i: u32) -> vec4f { return textureLoad(b, texel(i)); }
fn b_at(i: vec4u) -> vec4f {
  let at = i / 4;
  let part = i % 4;
  return vec4f(b4_at(at.x)[part.x], b4_at(at.y)[part.y], b4_at(at.z)[part.z], b4_at(at.w)[part.w]);
}

//: for ROWS in 8 16 32
@compute @workgroup_size(8)
fn rows$ROWS(@builtin(workgroup_id) wid: vec3u, @builtin(subgroup_invocation_id) lane: u32) { tile$ROWS(wid, lane); }
//: end

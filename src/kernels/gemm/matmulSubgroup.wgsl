// The tiles of matmulTiles.wgsl with operands read straight from their buffers. lavapipe checks each lane and component
// of such a load by itself, in seven instructions; where operands are read often enough, matmulTexture.wgsl is quicker.

enable subgroups;

@group(0) @binding(0) var<storage, read> a4: array<vec4f>;
@group(0) @binding(1) var<storage, read> b4: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> other: array<vec4f>;
@group(0) @binding(5) var<storage, read> b: array<f32>;         // the same array as b4
//: for sums in 0..SUMS
@group(0) @binding(6) var<storage, read_write> rowSums: array<f32>;
//: end

fn a4_at(i: u32) -> vec4f { return a4[i]; }
fn b4_at(i: u32) -> vec4f { return b4[i]; }
fn b_at(i: vec4u) -> vec4f { return vec4f(b[i.x], b[i.y], b[i.z], b[i.w]); }

//: for ROWS in 8 16 32
@compute @workgroup_size(8)
fn rows$ROWS(@builtin(workgroup_id) wid: vec3u, @builtin(subgroup_invocation_id) lane: u32) { tile$ROWS(wid, lane); }
//: end

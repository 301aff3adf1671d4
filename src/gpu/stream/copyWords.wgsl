// Copies words from one buffer to another.

struct Params { first: u32, place: u32, words: u32 }

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.words) { return; }
  out[params.place + id.x] = x[params.first + id.x];
}

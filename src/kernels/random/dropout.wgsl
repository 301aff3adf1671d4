// Inverted dropout: y = x / (1 − p) with probability 1 − p, else 0; the same mask makes dx of dy. Nothing is
// stored: the mask is drawn again from the seed and the number of the draw. One invocation four elements, which the
// four words of one Philox block decide; joined with philox.wgsl.

override WORKGROUP: u32 = 64;

struct Params { n4: u32, per: u32, seed: u32, draw: u32, p: f32, scale: f32 }   // scale = 1 / (1 − p), 0 where p is 1

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let first = (wid.y * groups.x + wid.x) * WORKGROUP * params.per + lid;
  let end = min(first + WORKGROUP * params.per, params.n4);
  for (var i = first; i < end; i += WORKGROUP) {
    let keep = uniforms(i, params.draw, params.seed) >= vec4f(params.p);
    y[i] = select(vec4f(0), x[i] * params.scale, keep);
  }
}

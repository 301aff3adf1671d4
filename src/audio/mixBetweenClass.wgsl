// Two sounds mixed so that the ear hears them at a given ratio (Tokozume et al., arXiv 1711.10282, eq. 2 and 3): with
// the gains G1 and G2 of the sounds x1 and x2 in dB, and r the share of the first,
//
//   p = 1 / (1 + 10^((G1 - G2) / 20) (1 - r) / r) = r / (r + 10^((G1 - G2) / 20) (1 - r))
//   y = (p x1 + (1 - p) x2) / √(p² + (1 - p)²)
//
//   shares  shares[wave] = (p, 1 - p) / √(p² + (1 - p)²)
//   mix     y[wave, t] = shares[wave] · (x1[wave, t], x2[wave, t])
//
// x1, x2, y [waves, samples]; the gains and r [waves].

override WORKGROUP: u32 = 64;
const LOG2_OF_10 = 3.321928094887362;

struct Params { n: u32, samples: u32 }

@group(0) @binding(0) var<storage, read> gain1: array<f32>;                 // shares
@group(0) @binding(1) var<storage, read> gain2: array<f32>;
@group(0) @binding(2) var<storage, read> ratios: array<f32>;
@group(0) @binding(3) var<storage, read_write> shares_out: array<vec2f>;

@group(0) @binding(0) var<storage, read> x1: array<f32>;                    // mix
@group(0) @binding(1) var<storage, read> x2: array<f32>;
@group(0) @binding(2) var<storage, read> shares_in: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn shares(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let r = ratios[i];
  let louder = exp2(LOG2_OF_10 / 20 * (gain1[i] - gain2[i]));
  let p = r / (r + louder * (1 - r));
  shares_out[i] = normalize(vec2f(p, 1 - p));
}

@compute @workgroup_size(WORKGROUP)
fn mix(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  y[i] = dot(shares_in[i / params.samples], vec2f(x1[i], x2[i]));
}

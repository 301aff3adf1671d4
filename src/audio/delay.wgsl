// Waveforms that start later: silence comes in, and as much falls off the end.
//
//   y[wave, t] = x[wave, t - delays[wave]],   0 where that is before the start
//
// and backward, of its gradient, dx[wave, t] = dy[wave, t + delays[wave]], 0 where that is past the end.
// x, y, dx, dy [waves, samples], delays [waves].

override WORKGROUP: u32 = 64;

struct Params { n: u32, samples: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> delays: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let wave = i / params.samples;
  let t = i - wave * params.samples;
  let delay = delays[wave];
  if (t < delay) {
    y[i] = 0;
  } else {
    y[i] = x[i - delay];
  }
}

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let wave = i / params.samples;
  let t = i - wave * params.samples;
  let delay = delays[wave];
  if (t + delay >= params.samples) {
    y[i] = 0;
  } else {
    y[i] = x[i + delay];
  }
}

// SpecAugment's masks: in each example one random band of frequencies and one of times is overwritten.
//
//   width = min(u1 · widest, size),   the band is floor(u2 · (size - width)) … + floor(width) - 1
//
// with u1, u2 uniform in [0, 1), as torchaudio draws them. Joined to philox.wgsl.

override WORKGROUP: u32 = 64;

struct Params {
  n: u32, examples: u32, mels: u32, frames: u32,
  channels: u32,                   // spectrograms of an example, which share its bands
  widestMels: f32, widestFrames: f32, value: f32,
  seed: u32, draw: u32,
}

@group(0) @binding(0) var<storage, read_write> drawn: array<vec4u>;   // draw: [examples], mels from, to, frames from, to

@group(0) @binding(0) var<storage, read> x: array<f32>;               // mask: [examples, channels, mels, frames]
@group(0) @binding(1) var<storage, read> bands: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@group(1) @binding(0) var<uniform> params: Params;

fn band(u1: f32, u2: f32, widest: f32, size: u32) -> vec2u {
  let width = min(u1 * widest, f32(size));
  let start = u32(u2 * (f32(size) - width));
  return vec2u(start, start + u32(width));
}

// Invocation: an example.
@compute @workgroup_size(WORKGROUP)
fn draw(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.examples) { return; }
  let u = uniforms(i, params.draw, params.seed);
  drawn[i] = vec4u(
    band(u.x, u.y, params.widestMels, params.mels),
    band(u.z, u.w, params.widestFrames, params.frames),
  );
}

// Invocation: an element.
@compute @workgroup_size(WORKGROUP)
fn mask(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.frames;
  let t = i - row * params.frames;
  let spectrogram = row / params.mels;
  let m = row - spectrogram * params.mels;
  let hidden = bands[spectrogram / params.channels];
  let masked = (m >= hidden.x && m < hidden.y) || (t >= hidden.z && t < hidden.w);
  y[i] = select(x[i], params.value, masked);
}

// One step of Adam (Kingma & Ba 2015) or AdamW (Loshchilov & Hutter 2019) on one parameter θ with gradient g, as
// torch.optim defines them, t counting steps from 1:
//   Adam:   g ← g + weightDecay · θ              AdamW:  θ ← θ − lr · weightDecay · θ
//   m ← β₁ · m + (1 − β₁) · g                    v ← β₂ · v + (1 − β₂) · g²
//   θ ← θ − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps)
// What depends on t alone is computed on the host, in float64. Four elements an invocation; the last falls into padding.

override WORKGROUP: u32 = 64;
override DECOUPLED: bool = false;          // AdamW

struct Params {
  n4: u32, per: u32, first: u32,                     // first: m and v are still to be written
  beta1: f32, gain1: f32,                  // gain1 = 1 − β₁
  beta2: f32, gain2: f32,
  stepSize: f32,                           // lr / (1 − β₁ᵗ)
  scale: f32,                              // 1 / √(1 − β₂ᵗ)
  eps: f32,
  decay: f32,                              // weightDecay; DECOUPLED: lr · weightDecay
}

@group(0) @binding(0) var<storage, read_write> theta: array<vec4f>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> mean: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> square: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let first = (wid.y * groups.x + wid.x) * WORKGROUP * params.per + lid;
  let end = min(first + WORKGROUP * params.per, params.n4);
  for (var i = first; i < end; i += WORKGROUP) {
    var at = theta[i];
    var g = gradient[i];
    if (DECOUPLED) { at -= params.decay * at; } else { g += params.decay * at; }
    var m = vec4f(0);
    var v = vec4f(0);
    if (params.first == 0) { m = mean[i]; v = square[i]; }
    m = params.beta1 * m + params.gain1 * g;
    v = params.beta2 * v + params.gain2 * g * g;
    mean[i] = m;
    square[i] = v;
    theta[i] = at - params.stepSize * m / (sqrt(v) * params.scale + params.eps);
  }
}

// Clipping of gradients g, all of them together, as torch.nn.utils does it:
//   sums    each invocation's part of Σ |g|ᵖ, or of max |g| with MAXIMUM
//   total   norm = (Σ of the parts)^(1/p), or their maximum
//   scale   g ← g · min(1, maxNorm / (norm + 1e-6))
//   clamp   g ← min(max(g, −most), most)
// What is not a number makes the norm NaN, and all that is scaled. Joined with nan.wgsl and slots.wgsl and unrolled.

override MAXIMUM: bool = false;
override SQUARES: bool = false;            // p is 2: no powers

struct Params {
  n4: array<vec4u, 4>, begins: array<vec4u, 4>, total: u32, per: u32,
  sizes: array<vec4u, 4>,                  // elements of a slot's array
  at: u32,                                 // of the parts, where this launch's begin
  parts: u32, p: f32, most: f32,
}

//: for k in 0..SLOTS
@group(0) @binding($k) var<storage, read> gradient$k: array<vec4f>;
@group(0) @binding($k) var<storage, read_write> clipped$k: array<vec4f>;      // scale and clamp
//: end
@group(0) @binding($SLOTS) var<storage, read_write> parts: array<f32>;
@group(0) @binding($SLOTS) var<storage, read> norm: array<f32>;               // scale
@group(0) @binding(0) var<storage, read> all: array<f32>;                     // total
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn joined(a: f32, b: f32) -> f32 {
  if (!MAXIMUM) { return a + b; }
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return max(a, b);
}

fn term(g: f32) -> f32 {
  if (MAXIMUM) { return abs(g); }
  if (SQUARES) { return g * g; }
  if (is_nan(g) || g == 0) { return g; }
  return pow(abs(g), params.p);
}

@compute @workgroup_size(WORKGROUP)
fn sums(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let group = wid.y * groups.x + wid.x;
  if (group >= params.total) { return; }
  let walk = walkOf(group, lid);
  let size = params.sizes[walk.slot / 4][walk.slot % 4];
  var sum = 0.0;
  //: for k in 0..SLOTS
  if (walk.slot == $k) {
    for (var i = walk.first; i < walk.end; i += WORKGROUP) {
      let g = gradient$k[i];
      var part = 0.0;
      for (var j = 0u; j < min(4, size - 4 * i); j++) { part = joined(part, term(g[j])); }
      sum = joined(sum, part);
    }
  }
  //: end
  parts[params.at + group * WORKGROUP + lid] = sum;
}

var<workgroup> sumsOf: array<f32, 64>;

@compute @workgroup_size(64)
fn total(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
  var sum = 0.0;
  for (var i = lid; i < params.parts; i += 64) { sum = joined(sum, all[i]); }
  sumsOf[lid] = sum;
  workgroupBarrier();
  if (lid > 0) { return; }
  for (var k = 1; k < 64; k++) { sum = joined(sum, sumsOf[k]); }
  if (SQUARES) { sum = sqrt(sum); } else if (!MAXIMUM && sum > 0) { sum = pow(sum, 1 / params.p); }
  result[0] = sum;
}

@compute @workgroup_size(WORKGROUP)
fn scale(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let walk = walkOf(wid.y * groups.x + wid.x, lid);
  var factor = params.most / (norm[0] + 1e-6);
  if (!is_nan(factor)) { factor = min(factor, 1); }
  //: for k in 0..SLOTS
  if (walk.slot == $k) {
    for (var i = walk.first; i < walk.end; i += WORKGROUP) { clipped$k[i] *= factor; }
  }
  //: end
}

@compute @workgroup_size(WORKGROUP)
fn clamp(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let walk = walkOf(wid.y * groups.x + wid.x, lid);
  //: for k in 0..SLOTS
  if (walk.slot == $k) {
    for (var i = walk.first; i < walk.end; i += WORKGROUP) {
      var g = clipped$k[i];
      for (var j = 0u; j < 4; j++) {
        if (!is_nan(g[j])) { g[j] = min(max(g[j], -params.most), params.most); }
      }
      clipped$k[i] = g;
    }
  }
  //: end
}

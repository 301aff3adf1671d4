// Running averages m of parameters θ: m ← m + weight · (θ − m), and θ itself where the weight is 1. Joined with slots.wgsl and
// unrolled; the last vec4 of a slot falls into padding.

struct Params {
  n4: array<vec4u, 4>, begins: array<vec4u, 4>, total: u32, per: u32,
  weight: f32,
}

//: for k in 0..SLOTS
@group(0) @binding(${k * EACH}) var<storage, read_write> mean$k: array<vec4f>;
@group(0) @binding(${k * EACH + 1}) var<storage, read> theta$k: array<vec4f>;
//: end
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let walk = walkOf(wid.y * groups.x + wid.x, lid);
  //: for k in 0..SLOTS
  if (walk.slot == $k) {
    for (var i = walk.first; i < walk.end; i += WORKGROUP) {
      let at = theta$k[i];
      var m = at;
      if (params.weight < 1) { m = mean$k[i] + params.weight * (at - mean$k[i]); }
      mean$k[i] = m;
    }
  }
  //: end
}

// Convolutions in which a result reads one channel, for the first few that a program does (see depthwise.ts): the sums of depthwise.wgsl
// in their order, and so the same bits, by one small program for all shapes. A lane makes four neighbours of a row, and
// loads each weight once for them. Joined with finish.wgsl and nan.wgsl.

override WORKGROUP: u32 = 64;

struct Params {
  channels: u32, height: u32, width: u32,                           // of the source
  outChannels: u32, outHeight: u32, outWidth: u32,
  planes: u32, perChannel: u32,                                     // samples · outChannels; results that a channel of the source has
  offsetHeight: i32, offsetWidth: i32,
  strideHeight: u32, strideWidth: u32,
  tapsHigh: u32, taps: u32,
  weightFirst: i32, weightRow: i32, weightColumn: i32,
  finish: u32, finishA: f32, finishB: f32, adds: u32,               // see shared/finish.wgsl
  hasBias: u32,
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> other: array<f32>;         // lies as the result does
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let across = (params.outWidth + 3) / 4;
  let item = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (item >= params.planes * params.outHeight * across) { return; }
  let q = item % across * 4;
  let p = item / across % params.outHeight;
  let plane = item / across / params.outHeight;
  let o = plane % params.outChannels;
  let channel = plane / params.outChannels * params.channels + o / params.perChannel;

  let w = params.weightFirst + i32(o * params.tapsHigh * params.taps);
  let columns = vec4i(i32(q * params.strideWidth) + params.offsetWidth) + vec4i(vec4u(0, 1, 2, 3) * params.strideWidth);
  var sum = vec4f(0);
  for (var r = 0u; r < params.tapsHigh; r++) {
    let h = p * params.strideHeight + r + u32(params.offsetHeight);   // what is negative wraps round to a huge number
    let row = (channel * params.height + min(h, params.height - 1)) * params.width;
    for (var k = 0u; k < params.taps; k++) {
      let weight = weights[u32(w + i32(r) * params.weightRow + i32(k) * params.weightColumn)];
      let x = vec4u(columns + i32(k));
      let at = row + min(x, vec4u(params.width - 1));
      let isIn = (x < vec4u(params.width)) & vec4<bool>(h < params.height);
      sum = fma(vec4f(weight), select(vec4f(0), vec4f(source[at.x], source[at.y], source[at.z], source[at.w]), isIn), sum);
    }
  }

  if (params.hasBias != 0) { sum += bias[o]; }
  let to = (plane * params.outHeight + p) * params.outWidth + q;
  for (var i = 0u; i < min(4, params.outWidth - q); i++) {
    var value = sum[i];
    if (params.adds != 0) { value += other[to + i]; }
    result[to + i] = finished(vec4f(value)).x;
  }
}

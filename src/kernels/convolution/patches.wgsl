// The patches of an image that a convolution reads, laid out, and the image that patches add up to:
//
//   unfold   columns[n, (c, r, s), (p, q)] = x[n, c, h, w],   h = p·stride + r·dilation − padding, w likewise; 0 outside of x
//   fold     x[n, c, h, w] = Σ over the (p, q) and (r, s) that read (h, w) of columns[n, (c, r, s), (p, q)]
//
// Each is the other's gradient. One invocation an element of the result.

override WORKGROUP: u32 = 64;
override KERNEL_HEIGHT: u32;
override KERNEL_WIDTH: u32;
override STRIDE_HEIGHT: u32;
override STRIDE_WIDTH: u32;

struct Params {
  n: u32,                                       // elements of the result
  height: u32, width: u32, outHeight: u32, outWidth: u32,
  paddingHeight: u32, paddingWidth: u32, dilationHeight: u32, dilationWidth: u32,
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn unfold(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let q = i % params.outWidth;
  let p = i / params.outWidth % params.outHeight;
  let tap = i / (params.outWidth * params.outHeight);
  let s = tap % KERNEL_WIDTH;
  let r = tap / KERNEL_WIDTH % KERNEL_HEIGHT;
  let plane = tap / (KERNEL_WIDTH * KERNEL_HEIGHT);
  // Above and left of the image, numbers wrap round to huge ones.
  let h = p * STRIDE_HEIGHT + r * params.dilationHeight - params.paddingHeight;
  let w = q * STRIDE_WIDTH + s * params.dilationWidth - params.paddingWidth;
  var value = 0.0;
  if (h < params.height && w < params.width) { value = source[(plane * params.height + h) * params.width + w]; }
  result[i] = value;
}

@compute @workgroup_size(WORKGROUP)
fn fold(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.width;
  let plane = row / params.height;
  let top = row - plane * params.height + params.paddingHeight;
  let left = i - row * params.width + params.paddingWidth;
  var sum = 0.0;
  for (var r = 0u; r < KERNEL_HEIGHT; r++) {
    let y = top - r * params.dilationHeight;
    if (y % STRIDE_HEIGHT != 0 || y / STRIDE_HEIGHT >= params.outHeight) { continue; }
    for (var s = 0u; s < KERNEL_WIDTH; s++) {
      let x = left - s * params.dilationWidth;
      if (x % STRIDE_WIDTH != 0 || x / STRIDE_WIDTH >= params.outWidth) { continue; }
      let tap = (plane * KERNEL_HEIGHT + r) * KERNEL_WIDTH + s;
      sum += source[(tap * params.outHeight + y / STRIDE_HEIGHT) * params.outWidth + x / STRIDE_WIDTH];
    }
  }
  result[i] = sum;
}

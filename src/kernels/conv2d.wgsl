// The pieces of a convolution that are not matrix products.
//
// A convolution's output at one position is a product of the weights with the patch of the input under the
// kernel. `unfold` lays the patches of some samples out as rows,
//   patches[(n, oh, ow), (c, kh, kw)] = x[n, c, oh·stride + kh·dilation − padding, ow·…]   (0 outside)
// and `fold` is its transpose, which adds each patch element back to where it came from:
//   dx[n, c, h, w] = Σ over (oh, ow, kh, kw) that read (h, w) of dPatches[(n, oh, ow), (c, kh, kw)].
//
// What is divided by is an override constant: a division by a number known when the pipeline is compiled
// becomes a multiplication.

override WORKGROUP: u32 = 64;
override KERNEL_HEIGHT: u32;
override KERNEL_WIDTH: u32;
override OUT_WIDTH: u32;
override POSITIONS: u32;              // of the output: height · width
override HEIGHT: u32;
override WIDTH: u32;
override STRIDE_HEIGHT: u32;
override STRIDE_WIDTH: u32;

struct Params {
  first: u32, samples: u32,           // of the batch, the samples that are (un)folded
  channels: u32, outHeight: u32,
  paddingHeight: u32, paddingWidth: u32,
  dilationHeight: u32, dilationWidth: u32,
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

/// One workgroup a patch; neighbouring invocations write neighbouring elements.
@compute @workgroup_size(WORKGROUP)
fn unfold(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = wid.y * groups.x + wid.x;
  if (row >= params.samples * POSITIONS) { return; }
  let sample = params.first + row / POSITIONS;
  // Positions left of or above the input wrap round to huge numbers, and so fail the test below as well.
  let top = row % POSITIONS / OUT_WIDTH * STRIDE_HEIGHT - params.paddingHeight;
  let left = row % OUT_WIDTH * STRIDE_WIDTH - params.paddingWidth;
  let patch_size = params.channels * KERNEL_HEIGHT * KERNEL_WIDTH;
  for (var k = lid; k < patch_size; k += WORKGROUP) {
    let h = top + k / KERNEL_WIDTH % KERNEL_HEIGHT * params.dilationHeight;
    let w = left + k % KERNEL_WIDTH * params.dilationWidth;
    let plane = sample * params.channels + k / (KERNEL_WIDTH * KERNEL_HEIGHT);
    var value = 0.0;
    if (h < HEIGHT && w < WIDTH) { value = source[(plane * HEIGHT + h) * WIDTH + w]; }
    out[row * patch_size + k] = value;
  }
}

@compute @workgroup_size(WORKGROUP)
fn fold(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.samples * params.channels * HEIGHT * WIDTH) { return; }
  let plane = i / (HEIGHT * WIDTH);
  let sample = plane / params.channels;
  let c = plane % params.channels;
  let h = i / WIDTH % HEIGHT;
  let w = i % WIDTH;
  let patch_size = params.channels * KERNEL_HEIGHT * KERNEL_WIDTH;
  var sum = 0.0;
  for (var kh = 0u; kh < KERNEL_HEIGHT; kh++) {
    let y = h + params.paddingHeight - kh * params.dilationHeight;     // = oh · stride, where there is such an oh
    if (y % STRIDE_HEIGHT != 0 || y / STRIDE_HEIGHT >= params.outHeight) { continue; }
    for (var kw = 0u; kw < KERNEL_WIDTH; kw++) {
      let x = w + params.paddingWidth - kw * params.dilationWidth;
      if (x % STRIDE_WIDTH != 0 || x / STRIDE_WIDTH >= OUT_WIDTH) { continue; }
      let row = sample * POSITIONS + y / STRIDE_HEIGHT * OUT_WIDTH + x / STRIDE_WIDTH;
      sum += source[row * patch_size + (c * KERNEL_HEIGHT + kh) * KERNEL_WIDTH + kw];
    }
  }
  out[params.first * params.channels * HEIGHT * WIDTH + i] = sum;
}

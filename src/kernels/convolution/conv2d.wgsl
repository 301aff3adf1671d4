// The piece of a convolution that is not a matrix product: `fold`, which adds the gradient of each patch element
// back to where the element came from:
//   dx[n, c, h, w] = Σ over the (oh, ow, kh, kw) that read (h, w) of dPatches[(n, oh, ow), (c, kh, kw)],
// where output (oh, ow) and kernel element (kh, kw) read h = oh·stride + kh·dilation − padding, w likewise.
//
// What is divided by is an override constant: a division by a number known when the pipeline is compiled
// becomes a multiplication.

override WORKGROUP: u32 = 64;
override KERNEL_HEIGHT: u32;
override KERNEL_WIDTH: u32;
override HEIGHT: u32;
override WIDTH: u32;
override STRIDE_HEIGHT: u32;
override STRIDE_WIDTH: u32;

struct Params {
  first: u32, samples: u32,           // of the batch, the samples that are folded
  channel: u32, channels: u32,        // of allChannels, those that are
  allChannels: u32, outHeight: u32, outWidth: u32,
  paddingHeight: u32, paddingWidth: u32,
  dilationHeight: u32, dilationWidth: u32,
}

@group(0) @binding(0) var<storage, read> dPatches: array<f32>;
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

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
    // y = oh · stride, where there is such an oh; negative ones wrap round to huge numbers and have none.
    let y = h + params.paddingHeight - kh * params.dilationHeight;
    if (y % STRIDE_HEIGHT != 0 || y / STRIDE_HEIGHT >= params.outHeight) { continue; }
    for (var kw = 0u; kw < KERNEL_WIDTH; kw++) {
      let x = w + params.paddingWidth - kw * params.dilationWidth;
      if (x % STRIDE_WIDTH != 0 || x / STRIDE_WIDTH >= params.outWidth) { continue; }
      let row = (sample * params.outHeight + y / STRIDE_HEIGHT) * params.outWidth + x / STRIDE_WIDTH;
      sum += dPatches[row * patch_size + (c * KERNEL_HEIGHT + kh) * KERNEL_WIDTH + kw];
    }
  }
  let to = (params.first + sample) * params.allChannels + params.channel + c;
  dx[(to * HEIGHT + h) * WIDTH + w] = sum;
}

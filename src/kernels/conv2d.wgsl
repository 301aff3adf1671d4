// The pieces of a convolution that are not matrix products.
//
// A convolution's output at one position is a product of the weights with the patch of the input under the
// kernel. `unfold` lays the patches of some samples out as rows,
//   patches[(n, oh, ow), (c, kh, kw)] = x[n, c, oh·stride + kh·dilation − padding, ow·…]   (0 outside)
// and `fold` is its transpose, which adds each patch element back to where it came from:
//   dx[n, c, h, w] = Σ over (oh, ow, kh, kw) that read (h, w) of dPatches[(n, oh, ow), (c, kh, kw)].

override WORKGROUP: u32 = 64;

struct Params {
  first: u32, samples: u32,                  // of the batch, the samples that are (un)folded
  channels: u32, height: u32, width: u32,
  outHeight: u32, outWidth: u32,
  kernelHeight: u32, kernelWidth: u32,
  strideHeight: u32, strideWidth: u32,
  paddingHeight: u32, paddingWidth: u32,
  dilationHeight: u32, dilationWidth: u32,
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn unfold(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let p = params;
  let patch_size = p.channels * p.kernelHeight * p.kernelWidth;
  let positions = p.outHeight * p.outWidth;
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= p.samples * positions * patch_size) { return; }
  let row = i / patch_size;
  let k = i % patch_size;
  let sample = p.first + row / positions;
  let oh = (row % positions) / p.outWidth;
  let ow = row % p.outWidth;
  let c = k / (p.kernelHeight * p.kernelWidth);
  // Positions left of or above the input wrap round to huge numbers, and so fail the test below as well.
  let h = oh * p.strideHeight + (k / p.kernelWidth) % p.kernelHeight * p.dilationHeight - p.paddingHeight;
  let w = ow * p.strideWidth + k % p.kernelWidth * p.dilationWidth - p.paddingWidth;
  if (h < p.height && w < p.width) {
    out[i] = source[((sample * p.channels + c) * p.height + h) * p.width + w];
  } else {
    out[i] = 0;
  }
}

@compute @workgroup_size(WORKGROUP)
fn fold(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let p = params;
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let size = p.channels * p.height * p.width;
  if (i >= p.samples * size) { return; }
  let patch_size = p.channels * p.kernelHeight * p.kernelWidth;
  let sample = i / size;
  let c = (i % size) / (p.height * p.width);
  let h = (i / p.width) % p.height;
  let w = i % p.width;
  var sum = 0.0;
  for (var kh = 0u; kh < p.kernelHeight; kh++) {
    let y = h + p.paddingHeight - kh * p.dilationHeight;     // = oh · stride, where such an oh exists
    if (y % p.strideHeight != 0 || y / p.strideHeight >= p.outHeight) { continue; }
    for (var kw = 0u; kw < p.kernelWidth; kw++) {
      let x = w + p.paddingWidth - kw * p.dilationWidth;
      if (x % p.strideWidth != 0 || x / p.strideWidth >= p.outWidth) { continue; }
      let row = (sample * p.outHeight + y / p.strideHeight) * p.outWidth + x / p.strideWidth;
      sum += source[row * patch_size + (c * p.kernelHeight + kh) * p.kernelWidth + kw];
    }
  }
  out[p.first * size + i] = sum;
}

/// out[n, c, p] += bias[c], in place; `source` is the bias, height · width the positions.
@compute @workgroup_size(WORKGROUP)
fn addBias(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let positions = params.height * params.width;
  if (i < params.samples * params.channels * positions) { out[i] += source[(i / positions) % params.channels]; }
}

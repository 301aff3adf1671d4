// Convolutions in groups, depthwise ones before all: a channel of the result reads only the few channels of its own
// group, so that there is no long product to make of it, and what counts is how often each element is read.
//
//   convolve   result[n, o, p, q] = bias[o] + Σ_{c, r, s} weights(o, c, r, s) · source[n, c, h, w],   c in o's group,
//              h = p·stride + r·dilation + offset, w likewise; outside of the source stand zeros
//              a lane holds ROWS × SPAN neighbours of one channel: what their windows share is read once
//   weigh      dw[o, c, r, s] = Σ_{n, p, q} dy[n, o, p, q] · source[n, c, h, w]
//              a lane holds TAPS_HIGH × TAPS weights of one (o, c), and adds up every `slices`-th of the tiles of dy
//
// The gradient of the source is a convolution too, of dy and with the kernel the other way round: where the weights of
// (o, c, r, s) are, and where a result goes, is said by strides. With a stride it falls apart into phases, the rows h
// of equal remainder by the stride, each a convolution of stride 1 with every so many-th row of the kernel: a launch each.
//
// A program with unrolled loops (see unroll.ts), one for each size of a tile and of the part of the kernel that is
// unrolled (all of it, where it is small and not dilated: then a group of one channel needs no LOOPS), and each stride. On a CPU a vec4 is
// read in less than half of the time of one number: where rows are of whole vec4s (VECTORS), windows are cut out of them, from
// element SHIFT on; STORE_VECTORS likewise. From a texture (TEXTURES) it is read in a quarter of that, by little code, and windows
// are cut out of rows that begin anywhere.

struct Params {
  samples: u32, channels: u32, height: u32, width: u32,             // of the source
  outChannels: u32, outHeight: u32, outWidth: u32,                  // of the result, or dy
  outPerGroup: u32, inPerGroup: u32,
  kernelHeight: u32, kernelWidth: u32, dilationHeight: u32, dilationWidth: u32,
  offsetHeight: i32, offsetWidth: i32,
  weightFirst: i32, weightGroup: i32, weightOut: i32, weightIn: i32, weightRow: i32, weightColumn: i32,
  resultFirst: u32, resultPlane: u32, resultRow: u32, resultColumn: u32,
  finish: u32, finishA: f32, finishB: f32, adds: u32,              // of convolve, see shared/finish.wgsl
  hasBias: u32, slices: u32,
}

//: for once in 0..1 - TEXTURES
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(0) var<storage, read> source4: array<vec4f>;
//: end
//: for once in 0..TEXTURES
@group(0) @binding(0) var texture: texture_storage_2d<rgba32float, read>;
fn four(i: u32) -> vec4f { return textureLoad(texture, texel(i)); }   // see shared/texel.wgsl
//: end
@group(0) @binding(1) var<storage, read> weights: array<f32>;            // convolve
@group(0) @binding(1) var<storage, read> dy: array<f32>;                 // weigh
@group(0) @binding(1) var<storage, read> dy4: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;       // weigh: [slices, out, in a group, height, width]
@group(0) @binding(2) var<storage, read_write> result4: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> other: array<f32>;              // lies as the result does
@group(0) @binding(4) var<storage, read> other4: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size($WORKGROUP)
fn convolve(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let index = (wid.y * groups.x + wid.x) * $WORKGROUP + lid;
  let across = (params.outWidth + ${SPAN - 1}) / $SPAN;
  let down = (params.outHeight + ${ROWS - 1}) / $ROWS;
  let count = params.samples * params.outChannels * down * across;
  let i = min(index, count - 1);
  let plane = i / (across * down);
  let p = i / across % down * $ROWS;
  let q = i % across * $SPAN;
  let n = plane / params.outChannels;
  let o = plane % params.outChannels;
  let group = o / params.outPerGroup;

  //: for y in 0..ROWS
  //: for x in 0..SPAN
  var sum${y}_${x} = 0.0;
  //: end
  //: end
  let weightsOfO = params.weightFirst + i32(group) * params.weightGroup + i32(o - group * params.outPerGroup) * params.weightOut;
  //: for once in 0..LOOPS
  for (var c = 0u; c < params.inPerGroup; c++) {
  for (var r = 0u; r < params.kernelHeight; r += $TAPS_HIGH) {
  for (var s = 0u; s < params.kernelWidth; s += $TAPS) {
  //: end
  //: for once in 0..1 - LOOPS
  {
    let c = 0u;
    let r = 0u;
    let s = 0u;
  //: end
    let base = (n * params.channels + group * params.inPerGroup + c) * params.height * params.width;
    // Above and left of the source, numbers wrap round to huge ones.
    let top = u32(i32(p * $STRIDE_HEIGHT + r * params.dilationHeight) + params.offsetHeight);
    let left = u32(i32(q * $STRIDE_WIDTH + s * params.dilationWidth) + params.offsetWidth);
    let w = u32(weightsOfO + i32(c) * params.weightIn + i32(r) * params.weightRow + i32(s) * params.weightColumn);
    //: for j in 0..TAPS_HIGH
    //: for k in 0..TAPS
    let w${j}_${k} = weights[w + u32($j * params.weightRow + $k * params.weightColumn)];
    //: end
    //: end
    //: for once in 0..TEXTURES
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS
    let isIn$k = left + $k < params.width;
    //: end
    //: for j in 0..(ROWS - 1) * STRIDE_HEIGHT + TAPS_HIGH
    let isRow$j = top + $j < params.height;
    let row$j = base + (top + $j) * params.width + left;
    let at$j = u32(i32(row$j) >> 2u);
    let odd$j = (row$j & 1) != 0;
    let far$j = (row$j & 2) != 0;
    //: for i in 0..((SPAN - 1) * STRIDE_WIDTH + TAPS + 6) / 4
    let v${j}_$i = four(at$j + $i);
    //: end
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS + 2
    let u${j}_$k = select(v${j}_${k / 4}[${k % 4}], v${j}_${(k + 1) / 4}[${(k + 1) % 4}], odd$j);
    //: end
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS
    let x${j}_$k = select(0.0, select(u${j}_$k, u${j}_${k + 2}, far$j), isRow$j & isIn$k);
    //: end
    //: end
    //: end
    //: for once in 0..1 - VECTORS - TEXTURES
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS
    let isIn$k = left + $k < params.width;
    //: end
    //: for j in 0..(ROWS - 1) * STRIDE_HEIGHT + TAPS_HIGH
    let isRow$j = top + $j < params.height;
    let row$j = base + (top + $j) * params.width + left;
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS
    let x${j}_${k} = select(0.0, source[row$j + $k], isRow$j & isIn$k);
    //: end
    //: end
    //: end
    //: for once in 0..VECTORS
    let left4 = u32((i32(left) - $SHIFT) >> 2u);
    //: for i in 0..((SPAN - 1) * STRIDE_WIDTH + TAPS + SHIFT + 3) / 4
    let isIn$i = left4 + $i < params.width / 4;
    //: end
    //: for j in 0..(ROWS - 1) * STRIDE_HEIGHT + TAPS_HIGH
    let isRow$j = top + $j < params.height;
    let row$j = (base + (top + $j) * params.width) / 4 + left4;
    //: for i in 0..((SPAN - 1) * STRIDE_WIDTH + TAPS + SHIFT + 3) / 4
    let v${j}_${i} = select(vec4f(0), source4[row$j + $i], isRow$j & isIn$i);
    //: end
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS
    let x${j}_${k} = v${j}_${(k + SHIFT) / 4}[${(k + SHIFT) % 4}];
    //: end
    //: end
    //: end
    //: for y in 0..ROWS
    //: for j in 0..TAPS_HIGH
    //: for k in 0..TAPS
    //: for x in 0..SPAN
    sum${y}_${x} = fma(w${j}_${k}, x${y * STRIDE_HEIGHT + j}_${x * STRIDE_WIDTH + k}, sum${y}_${x});
    //: end
    //: end
    //: end
    //: end
  //: for once in 0..LOOPS
  }
  }
  //: end
  }

  if (index >= count) { return; }
  var b = 0.0;
  if (params.hasBias != 0) { b = bias[o]; }
  let first = params.resultFirst + plane * params.resultPlane + p * params.resultRow + q * params.resultColumn;
  //: for once in 0..STORE_VECTORS
  //: for y in 0..ROWS
  //: for i in 0..SPAN / 4
  if (p + $y < params.outHeight && q + ${i * 4} < params.outWidth) {
    let at = (first + $y * params.resultRow) / 4 + $i;
    var value = vec4f(sum${y}_${i * 4}, sum${y}_${i * 4 + 1}, sum${y}_${i * 4 + 2}, sum${y}_${i * 4 + 3}) + b;
    if (params.adds != 0) { value += other4[at]; }
    result4[at] = finished(value);
  }
  //: end
  //: end
  //: end
  //: for once in 0..1 - STORE_VECTORS
  // Small ones in a loop in which the rows move up: a store takes the driver long to compile, and the loop long to run.
  //: for y in 0..ROWS - ROLLED * (ROWS - 1)
  //: for once in 0..ROLLED
  for (var r = 0u; r < min(${ROWS}u, params.outHeight - p); r++) {
    let row = first + r * params.resultRow;
  //: end
  //: for once in 0..1 - ROLLED
  if (p + $y < params.outHeight) {
    let row = first + $y * params.resultRow;
  //: end
    //: for once in 0..1 - SPAN / 4
    var value = sum${y}_0 + b;
    if (params.adds != 0) { value += other[row]; }
    result[row] = finished(vec4f(value)).x;
    //: end
    //: for i in 0..SPAN / 4
    {
      var value = vec4f(sum${y}_${i * 4}, sum${y}_${i * 4 + 1}, sum${y}_${i * 4 + 2}, sum${y}_${i * 4 + 3}) + b;
      let at = row + vec4u(${i * 4}, ${i * 4 + 1}, ${i * 4 + 2}, ${i * 4 + 3}) * params.resultColumn;
      if (params.adds != 0) { value += vec4f(other[at.x], other[at.y], other[at.z], other[at.w]); }
      value = finished(value);
      //: for k in 0..4
      if (q + ${i * 4 + k} < params.outWidth) { result[at[$k]] = value[$k]; }
      //: end
    }
    //: end
    //: for up in 1..ROLLED * ROWS
    //: for x in 0..SPAN
    sum${up - 1}_$x = sum${up}_$x;
    //: end
    //: end
  }
  //: end
  //: end
}

//: for once in 0..1 - TEXTURES
@compute @workgroup_size($WORKGROUP)
fn weigh(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * $WORKGROUP + lid;
  let slice = i % params.slices;
  let count = params.outChannels * params.inPerGroup * (params.kernelHeight / $TAPS_HIGH) * (params.kernelWidth / $TAPS);
  let part = min(i / params.slices, count - 1);                        // of the weights: (o, c, r, s), r and s the first of those unrolled
  let s = part % (params.kernelWidth / $TAPS) * $TAPS;
  let r = part / (params.kernelWidth / $TAPS) % (params.kernelHeight / $TAPS_HIGH) * $TAPS_HIGH;
  let pair = part / (params.kernelWidth / $TAPS * (params.kernelHeight / $TAPS_HIGH));
  let o = pair / params.inPerGroup;
  let channel = o / params.outPerGroup * params.inPerGroup + pair % params.inPerGroup;

  //: for j in 0..TAPS_HIGH
  //: for k in 0..TAPS
  var sum${j}_${k} = 0.0;
  //: end
  //: end
  let across = (params.outWidth + ${SPAN - 1}) / $SPAN;
  let down = (params.outHeight + ${ROWS - 1}) / $ROWS;
  let tiles = params.samples * down * across;
  for (var step = 0u; step < tiles; step += params.slices) {
    let tile = step + slice;                           // past the last one all are 0
    let q = tile % across * $SPAN;
    let isTile = tile < tiles;
    let p = tile / across % down * $ROWS + select(params.outHeight, 0u, isTile);
    let n = tile / (across * down);
    let dyAt = ((n * params.outChannels + o) * params.outHeight + p) * params.outWidth + q;
    //: for once in 0..1 - VECTORS
    //: for y in 0..ROWS
    //: for x in 0..SPAN
    let dy${y}_${x} = select(0.0, dy[dyAt + $y * params.outWidth + $x], (p + $y < params.outHeight) & (q + $x < params.outWidth));
    //: end
    //: end
    //: end
    //: for once in 0..VECTORS
    //: for y in 0..ROWS
    //: for i in 0..SPAN / 4
    let dyv${y}_${i} = select(vec4f(0), dy4[(dyAt + $y * params.outWidth) / 4 + $i], (p + $y < params.outHeight) & (q + ${i * 4} < params.outWidth));
    //: end
    //: for x in 0..SPAN
    let dy${y}_${x} = dyv${y}_${x / 4}[${x % 4}];
    //: end
    //: end
    //: end
    let base = (n * params.channels + channel) * params.height * params.width;
    let top = u32(i32(p * $STRIDE_HEIGHT + r * params.dilationHeight) + params.offsetHeight);
    let left = u32(i32(q * $STRIDE_WIDTH + s * params.dilationWidth) + params.offsetWidth);
    //: for once in 0..1 - VECTORS
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS
    let isIn$k = left + $k < params.width;
    //: end
    //: for j in 0..(ROWS - 1) * STRIDE_HEIGHT + TAPS_HIGH
    let isRow$j = isTile & (top + $j < params.height);
    let row$j = base + (top + $j) * params.width + left;
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS
    let x${j}_${k} = select(0.0, source[row$j + $k], isRow$j & isIn$k);
    //: end
    //: end
    //: end
    //: for once in 0..VECTORS
    let left4 = u32((i32(left) - $SHIFT) >> 2u);
    //: for i in 0..((SPAN - 1) * STRIDE_WIDTH + TAPS + SHIFT + 3) / 4
    let isIn$i = left4 + $i < params.width / 4;
    //: end
    //: for j in 0..(ROWS - 1) * STRIDE_HEIGHT + TAPS_HIGH
    let isRow$j = isTile & (top + $j < params.height);
    let row$j = (base + (top + $j) * params.width) / 4 + left4;
    //: for i in 0..((SPAN - 1) * STRIDE_WIDTH + TAPS + SHIFT + 3) / 4
    let v${j}_${i} = select(vec4f(0), source4[row$j + $i], isRow$j & isIn$i);
    //: end
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS
    let x${j}_${k} = v${j}_${(k + SHIFT) / 4}[${(k + SHIFT) % 4}];
    //: end
    //: end
    //: end
    //: for y in 0..ROWS
    //: for j in 0..TAPS_HIGH
    //: for x in 0..SPAN
    //: for k in 0..TAPS
    sum${j}_${k} = fma(dy${y}_${x}, x${y * STRIDE_HEIGHT + j}_${x * STRIDE_WIDTH + k}, sum${j}_${k});
    //: end
    //: end
    //: end
    //: end
  }

  if (i / params.slices >= count) { return; }
  let first = ((slice * params.outChannels * params.inPerGroup + pair) * params.kernelHeight + r) * params.kernelWidth + s;
  //: for j in 0..TAPS_HIGH
  //: for k in 0..TAPS
  result[first + $j * params.kernelWidth + $k] = sum${j}_${k};
  //: end
  //: end
}
//: end

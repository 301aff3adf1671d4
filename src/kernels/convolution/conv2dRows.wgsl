// Convolutions whose outputs lie in rows, x one step apart (stride and dilation 1 along the width), for adapters
// whose subgroups have 8 lanes. There a load costs as much as ten multiply-adds (see matmulTiles.wgsl), and
// neighbouring outputs of a row share most of the input that they need: SPAN outputs with TAPS kernel columns take
// SPAN + TAPS − 1 elements for SPAN · TAPS multiply-adds, a channel of the result.
//
//   forward          y[n, o, oh, ow] = bias[o] + Σ_{c, kh, kw} w[o, c, kh, kw] · x[n, c, oh·stride + kh·dilation, ow + kw]
//                    a lane holds SPAN outputs of a row, of ROWS channels o
//   weightGradient   dw[o, c, kh, kw] = Σ_{n, oh, ow} dy[n, o, oh, ow] · x[n, c, oh·stride + kh·dilation, ow + kw]
//                    a lane holds the TAPS weights of one (c, kh), of ROWS channels o, and takes every `slices`-th sample:
//                    result is [slices, …], to be added up
//
// Where the rows of a kernel are few and one step apart, a lane takes HIGH of them at a time; forward it holds the outputs
// of DOWN rows, which share weights and input likewise.
//
// What all lanes share (w forward, dy backward) each reads SHARE rows of (ROWS / 8, rounded up) and hands round by subgroupShuffle.
// Everything is read as vec4, from textures where they may be had (see matmulTexture.wgsl): `layOut` copies x, w and dy with
// zeros behind each row, up to a multiple of 4 (of SPAN in dy), and with the convolution's own padding around x. A program
// with unrolled loops (see unroll.ts), one for each size of a tile.

enable subgroups;

struct Params {
  samples: u32, channels: u32, height: u32, pitch: u32,      // of x; a row's pitch in vec4s
  outChannels: u32, outHeight: u32, outWidth: u32, spans: u32,
  kernelHeight: u32, strideHeight: u32, dilationHeight: u32,
  hasBias: u32, slices: u32,
  finish: u32, finishA: f32, finishB: f32, adds: u32,        // of forward, see shared/finish.wgsl
  planes: u32, sourceHeight: u32, sourceWidth: u32, paddingHeight: u32, paddingWidth: u32,      // of layOut
}

//: for once in 0..1 - TEXTURES
@group(0) @binding(0) var<storage, read> x: array<vec4f>;                // layOut: as it is
@group(0) @binding(1) var<storage, read> shared_rows: array<vec4f>;      // w, or dy
fn x_at(i: u32) -> vec4f { return x[i]; }
fn shared_at(i: u32) -> vec4f { return shared_rows[i]; }
//: end
//: for once in 0..TEXTURES
@group(0) @binding(0) var x: texture_storage_2d<rgba32float, read>;
@group(0) @binding(1) var shared_rows: texture_storage_2d<rgba32float, read>;
fn x_at(i: u32) -> vec4f { return textureLoad(x, texel(i)); }   // see shared/texel.wgsl
fn shared_at(i: u32) -> vec4f { return textureLoad(shared_rows, texel(i)); }
//: end
@group(0) @binding(2) var<storage, read_write> result: array<f32>;       // y, or dw
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> other: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@group(0) @binding(1) var<storage, read_write> laidOut: array<vec4f>;

/// [planes, sourceHeight, sourceWidth] → [planes, height, pitch · 4]: one invocation a row. A vec4 of the result is cut out of
/// two of the source.
@compute @workgroup_size(8)
fn layOut(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * 8 + lid;
  if (row >= params.planes * params.height) { return; }
  let plane = row / params.height;
  let h = row - plane * params.height - params.paddingHeight;        // above the source it wraps round to a huge number
  let first = i32((plane * params.sourceHeight + h) * params.sourceWidth) - i32(params.paddingWidth);
  let shift = first & 3;
  var at = u32(first >> 2);
  let width = select(0u, params.sourceWidth, h < params.sourceHeight);
  var w = vec4u(0, 1, 2, 3) - params.paddingWidth;
  var left = x_at(at);
  for (var i = 0u; i < params.pitch; i++) {
    at++;
    let right = x_at(at);
    var value = select(left, vec4f(left.yzw, right.x), shift == 1);
    value = select(value, vec4f(left.zw, right.xy), shift == 2);
    value = select(value, vec4f(left.w, right.xyz), shift == 3);
    laidOut[row * params.pitch + i] = select(vec4f(0), value, w < vec4u(width));
    left = right;
    w += 4;
  }
}

@compute @workgroup_size(8)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let out = wid.x * $ROWS;
  let index = wid.y * 8 + lane;                     // of a tile: (n, first row, span)
  let down = (params.outHeight + ${DOWN - 1}) / $DOWN;
  let count = params.samples * down * params.spans;
  let line = min(index, count - 1) / params.spans;
  let span = min(index, count - 1) % params.spans;
  let n = line / down;
  let oh = line % down * $DOWN;

  // Lanes and channels past the end repeat the last one, and are not stored.
  var at = (n * params.channels * params.height + oh * params.strideHeight) * params.pitch + span * ${SPAN / 4};
  let steps = params.channels * params.kernelHeight / $HIGH;
  let weights = steps * ${(HIGH * TAPS + 3) / 4};
  //: for i in 0..SHARE
  var rowAt$i = min(out + lane * $SHARE + $i, params.outChannels - 1) * weights;
  //: end
  //: for r in 0..ROWS
  //: for y in 0..DOWN
  //: for p in 0..SPAN
  var sum${r}_${y}_${p} = 0.0;
  //: end
  //: end
  //: end
  var kh = 0u;
  for (var step = 0u; step < steps; step++) {
    //: for j in 0..DOWN + HIGH - 1
    //: for i in 0..(SPAN + TAPS + 2) / 4
    let x${j}_$i = x_at(at + $j * params.pitch + $i);
    //: end
    //: end
    //: for i in 0..SHARE
    //: for k in 0..(HIGH * TAPS + 3) / 4
    let w${i}_${k} = shared_at(rowAt$i + $k);
    //: end
    //: end
    //: for r in 0..ROWS
    {
      //: for k in 0..HIGH * TAPS
      let w$k = subgroupShuffle(w${r % SHARE}_${k / 4}[${k % 4}], ${r / SHARE}u);
      //: end
      //: for y in 0..DOWN
      //: for p in 0..SPAN
      //: for j in 0..HIGH
      //: for k in 0..TAPS
      sum${r}_${y}_${p} = fma(w${j * TAPS + k}, x${y + j}_${(p + k) / 4}[${(p + k) % 4}], sum${r}_${y}_${p});
      //: end
      //: end
      //: end
      //: end
    }
    //: end
    //: for i in 0..SHARE
    rowAt$i += ${(HIGH * TAPS + 3) / 4};
    //: end
    kh += $HIGH;
    at += params.dilationHeight * params.pitch;
    if (kh == params.kernelHeight) {
      kh = 0;
      at += (params.height - params.kernelHeight / $HIGH * params.dilationHeight) * params.pitch;
    }
  }

  if (index >= count) { return; }
  var sums: array<f32, ${ROWS * DOWN * SPAN}>;
  //: for r in 0..ROWS
  //: for y in 0..DOWN
  //: for p in 0..SPAN
  sums[${(r * DOWN + y) * SPAN + p}] = sum${r}_${y}_${p};
  //: end
  //: end
  //: end
  let column = span * $SPAN;
  for (var r = 0u; r < min(${ROWS}u, params.outChannels - out); r++) {
    var b = 0.0;
    if (params.hasBias != 0) { b = bias[out + r]; }
    for (var y = 0u; y < min(${DOWN}u, params.outHeight - oh); y++) {
      let first = ((n * params.outChannels + out + r) * params.outHeight + oh + y) * params.outWidth + column;
      for (var p = 0u; p < min(${SPAN}u, params.outWidth - column); p++) {
        var value = sums[(r * $DOWN + y) * $SPAN + p] + b;
        if (params.adds != 0) { value += other[first + p]; }
        result[first + p] = finished(vec4f(value)).x;
      }
    }
  }
}

@compute @workgroup_size(8)
fn weightGradient(@builtin(workgroup_id) wid: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let out = wid.x * $ROWS;
  let index = wid.y * 8 + lane;                     // of HIGH rows of weights: (c, the first kh)
  let slice = wid.z;                                // of the samples: every `slices`-th
  let tall = params.kernelHeight / $HIGH;
  let count = params.channels * tall;
  let c = min(index, count - 1) / tall;
  let kh = min(index, count - 1) % tall * $HIGH;

  let plane = params.outHeight * params.spans * ${SPAN / 4};
  //: for i in 0..SHARE
  let row$i = min(out + lane * $SHARE + $i, params.outChannels - 1) * plane;
  //: end
  //: for r in 0..ROWS
  //: for k in 0..HIGH * TAPS
  var sum${r}_${k} = 0.0;
  //: end
  //: end
  var at = ((slice * params.channels + c) * params.height + kh * params.dilationHeight) * params.pitch;
  var dyAt = slice * params.outChannels * plane;
  var span = 0u;
  var oh = 0u;
  let samples = (params.samples - slice + params.slices - 1) / params.slices;
  for (var step = 0u; step < samples * params.outHeight * params.spans; step++) {
    //: for j in 0..HIGH
    //: for i in 0..(SPAN + TAPS + 2) / 4
    let x${j}_$i = x_at(at + $j * params.pitch + $i);
    //: end
    //: end
    //: for i in 0..SHARE
    //: for p in 0..SPAN / 4
    let dy${i}_${p} = shared_at(row$i + dyAt + $p);
    //: end
    //: end
    //: for r in 0..ROWS
    {
      //: for p in 0..SPAN
      let dy$p = subgroupShuffle(dy${r % SHARE}_${p / 4}[${p % 4}], ${r / SHARE}u);
      //: end
      //: for j in 0..HIGH
      //: for k in 0..TAPS
      //: for p in 0..SPAN
      sum${r}_${j * TAPS + k} = fma(dy$p, x${j}_${(p + k) / 4}[${(p + k) % 4}], sum${r}_${j * TAPS + k});
      //: end
      //: end
      //: end
    }
    //: end
    at += ${SPAN / 4};
    dyAt += ${SPAN / 4};
    span++;
    if (span == params.spans) {                     // the next row
      span = 0;
      at += params.strideHeight * params.pitch - params.spans * ${SPAN / 4};
      oh++;
      if (oh == params.outHeight) {                 // the next sample
        oh = 0;
        at += (params.slices * params.channels * params.height - params.outHeight * params.strideHeight) * params.pitch;
        dyAt += (params.slices * params.outChannels - 1) * plane;
      }
    }
  }

  if (index >= count) { return; }
  var sums: array<f32, ${ROWS * HIGH * TAPS}>;
  //: for r in 0..ROWS
  //: for k in 0..HIGH * TAPS
  sums[${r * HIGH * TAPS + k}] = sum${r}_${k};
  //: end
  //: end
  let first = slice * params.outChannels + out;
  for (var i = 0u; i < min(${ROWS}u, params.outChannels - out) * ${HIGH * TAPS}; i++) {
    result[((first + i / ${HIGH * TAPS}) * count + index) * ${HIGH * TAPS} + i % ${HIGH * TAPS}] = sums[i];
  }
}

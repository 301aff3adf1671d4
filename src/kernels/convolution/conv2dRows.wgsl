// Convolutions whose outputs lie in rows, x one step apart (stride and dilation 1 along the width), for adapters
// whose subgroups have 8 lanes. There a load costs as much as ten multiply-adds (see matmulTiles.wgsl), and
// neighbouring outputs of a row share most of the input that they need: SPAN outputs with TAPS kernel columns take
// SPAN + TAPS − 1 elements for SPAN · TAPS multiply-adds, a channel of the result.
//
//   forward          y[n, o, oh, ow] = bias[o] + Σ_{c, kh, kw} w[o, c, kh, kw] · x[n, c, oh·stride + kh·dilation, ow + kw]
//                    a lane holds SPAN outputs of a row, of ROWS channels o
//   weightGradient   dw[o, c, kh, kw] = Σ_{n, oh, ow} dy[n, o, oh, ow] · x[n, c, oh·stride + kh·dilation, ow + kw]
//                    a lane holds the TAPS weights of one (c, kh), of ROWS channels o
//
// What all lanes share (w forward, dy backward) each reads ROWS / 8 rows of and hands round by subgroupBroadcast.
// Everything is read as vec4: `layOut` copies x, w and dy with zeros behind each row, up to a multiple of 4 (of SPAN
// in dy), and with the convolution's own padding around x. A program with unrolled loops (see unroll.ts), one for each
// SPAN and TAPS.

enable subgroups;

struct Params {
  samples: u32, channels: u32, height: u32, pitch: u32,      // of x; a row's pitch in vec4s
  outChannels: u32, outHeight: u32, outWidth: u32, spans: u32,
  kernelHeight: u32, strideHeight: u32, dilationHeight: u32,
  hasBias: u32,
  planes: u32, sourceHeight: u32, sourceWidth: u32, paddingHeight: u32, paddingWidth: u32,      // of layOut
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> shared_rows: array<vec4f>;      // w, or dy
@group(0) @binding(2) var<storage, read_write> result: array<f32>;       // y, or dw
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> laidOut: array<vec4f>;

/// [planes, sourceHeight, sourceWidth] → [planes, height, pitch · 4]: one invocation a row.
@compute @workgroup_size(8)
fn layOut(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let row = (wid.y * groups.x + wid.x) * 8 + lid;
  if (row >= params.planes * params.height) { return; }
  let plane = row / params.height;
  let h = row - plane * params.height - params.paddingHeight;        // above the source it wraps round to a huge number
  let first = (plane * params.sourceHeight + h) * params.sourceWidth;
  for (var i = 0u; i < params.pitch; i++) {
    var value = vec4f(0);
    if (h < params.sourceHeight) {
      for (var j = 0u; j < 4; j++) {
        let w = i * 4 + j - params.paddingWidth;
        if (w < params.sourceWidth) { value[j] = source[first + w]; }
      }
    }
    laidOut[row * params.pitch + i] = value;
  }
}

@compute @workgroup_size(8)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let out = wid.x * $ROWS;
  let index = wid.y * 8 + lane;                     // of a span: (n, oh, span)
  let count = params.samples * params.outHeight * params.spans;
  let line = min(index, count - 1) / params.spans;
  let span = min(index, count - 1) % params.spans;
  let n = line / params.outHeight;
  let oh = line % params.outHeight;

  // Lanes and channels past the end repeat the last one, and are not stored.
  var at = (n * params.channels * params.height + oh * params.strideHeight) * params.pitch + span * ${SPAN / 4};
  let weights = params.channels * params.kernelHeight * ${(TAPS + 3) / 4};
  //: for i in 0..ROWS / 8
  var rowAt$i = min(out + lane * ${ROWS / 8} + $i, params.outChannels - 1) * weights;
  //: end
  //: for r in 0..ROWS
  //: for p in 0..SPAN
  var sum${r}_${p} = 0.0;
  //: end
  //: end
  var kh = 0u;
  for (var step = 0u; step < params.channels * params.kernelHeight; step++) {
    //: for i in 0..(SPAN + TAPS + 2) / 4
    let x$i = x[at + $i];
    //: end
    //: for i in 0..ROWS / 8
    //: for k in 0..(TAPS + 3) / 4
    let w${i}_${k} = shared_rows[rowAt$i + $k];
    //: end
    //: end
    //: for r in 0..ROWS
    {
      //: for k in 0..TAPS
      let w$k = subgroupBroadcast(w${r % (ROWS / 8)}_${k / 4}[${k % 4}], ${r / (ROWS / 8)}u);
      //: end
      //: for p in 0..SPAN
      //: for k in 0..TAPS
      sum${r}_${p} = fma(w$k, x${(p + k) / 4}[${(p + k) % 4}], sum${r}_${p});
      //: end
      //: end
    }
    //: end
    //: for i in 0..ROWS / 8
    rowAt$i += ${(TAPS + 3) / 4};
    //: end
    kh++;
    at += params.dilationHeight * params.pitch;
    if (kh == params.kernelHeight) {
      kh = 0;
      at += (params.height - params.kernelHeight * params.dilationHeight) * params.pitch;
    }
  }

  if (index >= count) { return; }
  var sums: array<f32, ${ROWS * SPAN}>;
  //: for r in 0..ROWS
  //: for p in 0..SPAN
  sums[${r * SPAN + p}] = sum${r}_${p};
  //: end
  //: end
  let column = span * $SPAN;
  for (var r = 0u; r < min(${ROWS}u, params.outChannels - out); r++) {
    let first = ((n * params.outChannels + out + r) * params.outHeight + oh) * params.outWidth + column;
    var b = 0.0;
    if (params.hasBias != 0) { b = bias[out + r]; }
    for (var p = 0u; p < min(${SPAN}u, params.outWidth - column); p++) { result[first + p] = sums[r * $SPAN + p] + b; }
  }
}

@compute @workgroup_size(8)
fn weightGradient(@builtin(workgroup_id) wid: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let out = wid.x * $ROWS;
  let index = wid.y * 8 + lane;                     // of a row of weights: (c, kh)
  let count = params.channels * params.kernelHeight;
  let c = min(index, count - 1) / params.kernelHeight;
  let kh = min(index, count - 1) % params.kernelHeight;

  let plane = params.outHeight * params.spans * ${SPAN / 4};
  //: for i in 0..ROWS / 8
  let row$i = min(out + lane * ${ROWS / 8} + $i, params.outChannels - 1) * plane;
  //: end
  //: for r in 0..ROWS
  //: for k in 0..TAPS
  var sum${r}_${k} = 0.0;
  //: end
  //: end
  var at = (c * params.height + kh * params.dilationHeight) * params.pitch;
  var dyAt = 0u;
  var span = 0u;
  var oh = 0u;
  for (var step = 0u; step < params.samples * params.outHeight * params.spans; step++) {
    //: for i in 0..(SPAN + TAPS + 2) / 4
    let x$i = x[at + $i];
    //: end
    //: for i in 0..ROWS / 8
    //: for p in 0..SPAN / 4
    let dy${i}_${p} = shared_rows[row$i + dyAt + $p];
    //: end
    //: end
    //: for r in 0..ROWS
    {
      //: for p in 0..SPAN
      let dy$p = subgroupBroadcast(dy${r % (ROWS / 8)}_${p / 4}[${p % 4}], ${r / (ROWS / 8)}u);
      //: end
      //: for k in 0..TAPS
      //: for p in 0..SPAN
      sum${r}_${k} = fma(dy$p, x${(p + k) / 4}[${(p + k) % 4}], sum${r}_${k});
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
        at += (params.channels * params.height - params.outHeight * params.strideHeight) * params.pitch;
        dyAt += (params.outChannels - 1) * plane;
      }
    }
  }

  if (index >= count) { return; }
  var sums: array<f32, ${ROWS * TAPS}>;
  //: for r in 0..ROWS
  //: for k in 0..TAPS
  sums[${r * TAPS + k}] = sum${r}_${k};
  //: end
  //: end
  for (var i = 0u; i < min(${ROWS}u, params.outChannels - out) * $TAPS; i++) {
    result[((out + i / $TAPS) * count + index) * $TAPS + i % $TAPS] = sums[i];
  }
}

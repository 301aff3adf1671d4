// Convolutions whose outputs lie in rows, x one step apart (stride and dilation 1 along the width), for adapters
// whose subgroups have 8 lanes. There a load costs as much as fifteen multiply-adds (see matmulSubgroup.wgsl), and
// neighbouring outputs of a row share most of the input that they need: SPAN outputs with TAPS kernel columns take
// SPAN + TAPS − 1 loads for SPAN · TAPS multiply-adds, a channel of the result.
//
//   forward          y[n, o, oh, ow] = bias[o] + Σ_{c, kh, kw} w[o, c, kh, kw] · x[n, c, oh·stride + kh·dilation, ow + kw]
//                    a lane holds SPAN outputs of a row, of ROWS channels o
//   weightGradient   dw[o, c, kh, kw] = Σ_{n, oh, ow} dy[n, o, oh, ow] · x[n, c, oh·stride + kh·dilation, ow + kw]
//                    a lane holds the TAPS weights of one (c, kh), of ROWS channels o
//
// What all lanes share (w forward, dy backward) each reads ROWS / 8 rows of and hands round by subgroupBroadcast.
// The input has its padding laid out. A program with unrolled loops (see unroll.ts), one for each SPAN and TAPS.

enable subgroups;

struct Params {
  samples: u32, channels: u32, height: u32, width: u32,      // of x
  outChannels: u32, outHeight: u32, outWidth: u32,
  kernelHeight: u32, strideHeight: u32, dilationHeight: u32,
  hasBias: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> shared_rows: array<f32>;        // w, or dy
@group(0) @binding(2) var<storage, read_write> result: array<f32>;       // y, or dw
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(8)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let out = wid.x * $ROWS;
  let spans = params.outWidth / $SPAN;
  let index = wid.y * 8 + lane;                     // of a span: (n, oh, span)
  let count = params.samples * params.outHeight * spans;
  let line = min(index, count - 1) / spans;
  let column = min(index, count - 1) % spans * $SPAN;
  let n = line / params.outHeight;
  let oh = line % params.outHeight;

  // Lanes and channels past the end repeat the last one, and are not stored.
  var at = (n * params.channels * params.height + oh * params.strideHeight) * params.width + column;
  let weights = params.channels * params.kernelHeight * $TAPS;
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
    //: for i in 0..SPAN + TAPS - 1
    let x$i = x[at + $i];
    //: end
    //: for i in 0..ROWS / 8
    //: for k in 0..TAPS
    let w${i}_${k} = shared_rows[rowAt$i + $k];
    //: end
    //: end
    //: for r in 0..ROWS
    {
      //: for k in 0..TAPS
      let w$k = subgroupBroadcast(w${r % (ROWS / 8)}_${k}, ${r / (ROWS / 8)}u);
      //: end
      //: for p in 0..SPAN
      //: for k in 0..TAPS
      sum${r}_${p} = fma(w$k, x${p + k}, sum${r}_${p});
      //: end
      //: end
    }
    //: end
    //: for i in 0..ROWS / 8
    rowAt$i += $TAPS;
    //: end
    kh++;
    at += params.dilationHeight * params.width;
    if (kh == params.kernelHeight) {
      kh = 0;
      at += (params.height - params.kernelHeight * params.dilationHeight) * params.width;
    }
  }

  if (index >= count) { return; }
  var sums: array<f32, ${ROWS * SPAN}>;
  //: for r in 0..ROWS
  //: for p in 0..SPAN
  sums[${r * SPAN + p}] = sum${r}_${p};
  //: end
  //: end
  for (var r = 0u; r < min(${ROWS}u, params.outChannels - out); r++) {
    let first = ((n * params.outChannels + out + r) * params.outHeight + oh) * params.outWidth + column;
    var b = 0.0;
    if (params.hasBias != 0) { b = bias[out + r]; }
    for (var p = 0u; p < $SPAN; p++) { result[first + p] = sums[r * $SPAN + p] + b; }
  }
}

@compute @workgroup_size(8)
fn weightGradient(@builtin(workgroup_id) wid: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let out = wid.x * $ROWS;
  let index = wid.y * 8 + lane;                     // of a row of weights: (c, kh)
  let count = params.channels * params.kernelHeight;
  let c = min(index, count - 1) / params.kernelHeight;
  let kh = min(index, count - 1) % params.kernelHeight;

  let plane = params.outHeight * params.outWidth;
  //: for i in 0..ROWS / 8
  let row$i = min(out + lane * ${ROWS / 8} + $i, params.outChannels - 1) * plane;
  //: end
  //: for r in 0..ROWS
  //: for k in 0..TAPS
  var sum${r}_${k} = 0.0;
  //: end
  //: end
  for (var n = 0u; n < params.samples; n++) {
    var at = ((n * params.channels + c) * params.height + kh * params.dilationHeight) * params.width;
    var dyAt = n * params.outChannels * plane;
    var column = 0u;
    for (var step = 0u; step < plane / $SPAN; step++) {
      //: for i in 0..SPAN + TAPS - 1
      let x$i = x[at + $i];
      //: end
      //: for i in 0..ROWS / 8
      //: for p in 0..SPAN
      let dy${i}_${p} = shared_rows[row$i + dyAt + $p];
      //: end
      //: end
      //: for r in 0..ROWS
      {
        //: for p in 0..SPAN
        let dy$p = subgroupBroadcast(dy${r % (ROWS / 8)}_${p}, ${r / (ROWS / 8)}u);
        //: end
        //: for k in 0..TAPS
        //: for p in 0..SPAN
        sum${r}_${k} = fma(dy$p, x${p + k}, sum${r}_${k});
        //: end
        //: end
      }
      //: end
      at += $SPAN;
      dyAt += $SPAN;
      column += $SPAN;
      if (column == params.outWidth) {
        column = 0;
        at += params.strideHeight * params.width - params.outWidth;
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
  for (var r = 0u; r < min(${ROWS}u, params.outChannels - out); r++) {
    let first = ((out + r) * count + index) * $TAPS;
    for (var k = 0u; k < $TAPS; k++) { result[first + k] = sums[r * $TAPS + k]; }
  }
}

// Convolutions in which a result reads one channel, depthwise ones before all, for adapters on which loads from a texture are
// cheap (CPUs'):
//
//   result[n, o, p, q] = bias[o] + Σ_{r, s} weights(o, r, s) · source[n, o / perChannel, p·stride + r + offset, q·stride + s + offset]
//
// outside of the source stand zeros. A lane walks down SPAN columns of a plane, `rows` of its rows: each row of the source is
// loaded once, and adds to all results that it has a part in; those that wait for further rows, AHEAD of them, stay in
// registers, and move up when one is stored. So a program is short, whatever its tile; a tile whose rows are all written out
// is one that the driver's compiler spills the most of.
//
// Rows are read as vec4s. Where they begin is known up to STEP: at multiples of 4, 2 or 1, SHIFT elements before the window;
// what is not known is picked by selects. A program with unrolled loops (see unroll.ts), one for each of these.

struct Params {
  channels: u32, height: u32, width: u32,                           // of the source
  outChannels: u32, outHeight: u32, outWidth: u32,
  planes: u32, perChannel: u32,                                     // samples · outChannels; results that a channel of the source has
  rows: u32,                                                        // that a lane makes
  offsetHeight: i32, offsetWidth: i32,
  weightFirst: i32, weightRow: i32, weightColumn: i32,
  finishA: f32, finishB: f32,                                       // see shared/finish.wgsl
  hasBias: u32,
  tapsHigh: i32, span: u32,                                         // TAPS_HIGH, SPAN: a loop with a bound that is written is unrolled
}

@group(0) @binding(0) var source: texture_storage_2d<rgba32float, read>;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> result: array<f32>;
@group(0) @binding(2) var<storage, read_write> result4: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> other: array<f32>;         // lies as the result does
@group(0) @binding(4) var<storage, read> other4: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

fn four(i: u32) -> vec4f { return textureLoad(source, texel(i)); }   // see shared/texel.wgsl

@compute @workgroup_size(8)
fn walk(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let index = (wid.y * groups.x + wid.x) * 8 + lid;
  let across = (params.outWidth + ${SPAN - 1}) / $SPAN;
  let strips = (params.outHeight + params.rows - 1) / params.rows;
  let count = params.planes * strips * across;
  let i = min(index, count - 1);
  let plane = i / (across * strips);
  let first = i32(i / across % strips * params.rows);
  let end = select(0, min(first + i32(params.rows), i32(params.outHeight)), index < count);
  let q = i % across * $SPAN;
  let n = plane / params.outChannels;
  let o = plane % params.outChannels;

  let w = params.weightFirst + i32(o) * ${TAPS_HIGH * TAPS};
  //: for r in 0..TAPS_HIGH
  //: for k in 0..TAPS
  var w${r}_$k = 0.0;
  //: end
  //: end
  for (var r = 0; r < params.tapsHigh; r++) {
    //: for r in 1..TAPS_HIGH
    //: for k in 0..TAPS
    w${r - 1}_$k = w${r}_$k;
    //: end
    //: end
    //: for k in 0..TAPS
    w${TAPS_HIGH - 1}_$k = weights[u32(w + r * params.weightRow + $k * params.weightColumn)];
    //: end
  }
  var b = 0.0;
  if (params.hasBias != 0) { b = bias[o]; }

  let left = i32(q * $STRIDE_WIDTH) + params.offsetWidth;
  //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS
  let isIn$k = u32(left + $k) < params.width;
  //: end
  let base = i32((n * params.channels + o / params.perChannel) * params.height * params.width) + left - $SHIFT;

  //: for m in 0..AHEAD + 1
  //: for x in 0..SPAN
  var sum${m}_$x = 0.0;
  //: end
  //: end
  // Rows above the source are zeros: what they would add is there already.
  let above = (-params.offsetHeight - ${TAPS_HIGH - 1}) / $STRIDE_HEIGHT;
  var to = (plane * params.outHeight + u32(first)) * params.outWidth + q;
  for (var p = min(first, max(first - $AHEAD, above)); p < end; p++) {
    let top = p * $STRIDE_HEIGHT + params.offsetHeight + ${TAPS_HIGH - STRIDE_HEIGHT};
    //: for i in 0..STRIDE_HEIGHT
    let isRow$i = u32(top + $i) < params.height;
    let row$i = base + (top + $i) * i32(params.width);
    let at$i = u32(row$i >> 2u);
    //: for v in 0..((SPAN - 1) * STRIDE_WIDTH + TAPS + SHIFT + 3 + 4 - STEP) / 4
    let v${i}_$v = four(at$i + $v);
    //: end
    //: for once in 0..STEP / 4
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS
    let x${i}_$k = select(0.0, v${i}_${(k + SHIFT) / 4}[${(k + SHIFT) % 4}], isRow$i & isIn$k);
    //: end
    //: end
    //: for once in 0..STEP % 4 / 2
    let far$i = (row$i & 2) != 0;
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS
    let x${i}_$k = select(0.0, select(v${i}_${(k + SHIFT) / 4}[${(k + SHIFT) % 4}], v${i}_${(k + SHIFT + 2) / 4}[${(k + SHIFT + 2) % 4}], far$i), isRow$i & isIn$k);
    //: end
    //: end
    //: for once in 0..STEP % 2
    let odd$i = (row$i & 1) != 0;
    let far$i = (row$i & 2) != 0;
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS + 2
    let u${i}_$k = select(v${i}_${k / 4}[${k % 4}], v${i}_${(k + 1) / 4}[${(k + 1) % 4}], odd$i);
    //: end
    //: for k in 0..(SPAN - 1) * STRIDE_WIDTH + TAPS
    let x${i}_$k = select(0.0, select(u${i}_$k, u${i}_${k + 2}, far$i), isRow$i & isIn$k);
    //: end
    //: end
    //: end
    // Row i of these is row r of the window of the result that is `m` ahead.
    //: for r in 0..TAPS_HIGH
    //: for m in (TAPS_HIGH-1-r)/STRIDE_HEIGHT
    //: for x in 0..SPAN
    //: for k in 0..TAPS
    sum${m}_$x = fma(w${r}_$k, x${r - TAPS_HIGH + STRIDE_HEIGHT * (m + 1)}_${x * STRIDE_WIDTH + k}, sum${m}_$x);
    //: end
    //: end
    //: end
    //: end

    if (p >= first) {
      //: for g in 0..SPAN / 4
      var value$g = vec4f(sum0_${4 * g}, sum0_${4 * g + 1}, sum0_${4 * g + 2}, sum0_${4 * g + 3}) + b;
      //: end
      for (var g = 0u; g < min(params.span, params.outWidth - q); g += 4) {
        let at = to + g;
        var value = value0;
        //: for once in 0..STORE_VECTORS
        //: for once in 0..ADDS
        value += other4[at / 4];
        //: end
        result4[at / 4] = finished(value);
        //: end
        //: for once in 0..1 - STORE_VECTORS
        //: for once in 0..ADDS
        value += vec4f(other[at], other[at + 1], other[at + 2], other[at + 3]);
        //: end
        value = finished(value);
        //: for k in 0..4
        if (q + g + $k < params.outWidth) { result[at + $k] = value[$k]; }
        //: end
        //: end
        //: for g in 1..SPAN / 4
        value${g - 1} = value$g;
        //: end
      }
      to += params.outWidth;
    }
    //: for m in 0..AHEAD
    //: for x in 0..SPAN
    sum${m}_$x = sum${m + 1}_$x;
    //: end
    //: end
    //: for x in 0..SPAN
    sum${AHEAD}_$x = 0.0;
    //: end
  }
}

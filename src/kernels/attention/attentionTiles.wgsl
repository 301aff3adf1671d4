// Attention and its gradient (see attention.wgsl) for adapters whose subgroups have 8 lanes, as matmulTiles.wgsl is for products: a load
// costs what dozens of multiply-adds do, and handing a value round a subgroup next to nothing. So:
//
//   one workgroup = one subgroup = OWN keys of a head (queries, where it is the queries' gradient), which walks over 32 queries
//   (keys) at a time, four a lane; of its own rows a lane reads OWN / 8 and hands them round;
//   scores:    s[own, walked] = Σ_e own[e] · walked[e], a lane holding OWN × 4 of them, as vec4s over the walked;
//   gradients: d[own, e] += Σ_walked ds[own, walked] · walked[e], a lane holding OWN × 4 elements: ds goes round by shuffles.
//
// Both are products of tiles in registers, in loops short enough for the CPU's cache of code. E4 and V4 are the vec4s of a query
// or key and of a value. attentionParts.wgsl is joined to it.

enable subgroups;

/// acc + Σ_i x[i] · y[i]
fn multiply(acc: vec4f, x: vec4f, y: mat4x4f) -> vec4f {
  return fma(vec4f(x.w), y[3], fma(vec4f(x.z), y[2], fma(vec4f(x.y), y[1], fma(vec4f(x.x), y[0], acc))));
}

struct Place { head: Head, first: u32, valid: bool }

/// Of workgroups beyond the last one, the last one's, not to be stored: a return would have the driver mask all that follows.
fn place_of(i: u32, rows: u32) -> Place {
  let tiles = (rows + $OWN - 1) / $OWN;
  let count = tiles * params.batches * params.heads;
  let at = min(i, count - 1);
  return Place(head_of(at / tiles), at % tiles * $OWN, i < count);
}

// ---- forward

@group(0) @binding(4) var<storage, read_write> o4: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> logSums: array<f32>;

@compute @workgroup_size(8)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let place = place_of(wid.y * groups.x + wid.x, params.queries);
  let head = place.head;
  //: for i in 0..OWN / 8
  let qAt$i = head.q + min(place.first + lane * ${OWN / 8} + $i, params.queries - 1) * params.qRow;
  //: end
  //: for r in 0..OWN
  var m$r = LOWEST;
  var l$r = vec4f(0);
  //: for c in 0..(V4 + 7) / 8
  var o${r}_$c = vec4f(0);
  //: end
  //: end
  let end = select(params.keys, min(params.keys, place.first + $OWN), CAUSAL);
  for (var j = 0u; j < end; j += 32) {
    let quad = j / 4 + lane;
    let kAt = head.k + min(4 * quad + FOUR, vec4u(params.keys - 1)) * params.kRow;
    //: for r in 0..OWN
    var s$r = vec4f(0);
    //: end
    for (var e = 0u; e < params.e4; e++) {
      let y = transpose(mat4x4f(k_at(kAt.x + e), k_at(kAt.y + e), k_at(kAt.z + e), k_at(kAt.w + e)));
      //: for i in 0..OWN / 8
      let x$i = q_at(qAt$i + e);
      //: end
      //: for r in 0..OWN
      s$r = multiply(s$r, subgroupShuffle(x${r % (OWN / 8)}, ${r / (OWN / 8)}u), y);
      //: end
    }
    //: for r in 0..OWN
    {
      let row = min(place.first + $r, params.queries - 1);
      let to = masked(s$r * params.scale, vec4u(row), 4 * quad + FOUR, head.mask);
      let score = select(vec4f(LOWEST), to.values, to.seen);
      let top = max(m$r, largest_of_subgroup(score));
      let p = select(vec4f(0), exp(score - top), to.seen);
      let fade = select(exp(m$r - top), 0.0, m$r == LOWEST);
      l$r = l$r * fade + p;
      m$r = top;
      s$r = p * kept(head.index, row, quad);
      //: for c in 0..(V4 + 7) / 8
      o${r}_$c *= fade;
      //: end
    }
    //: end
    for (var l = 0u; l < min(8u, (end - j + 3) / 4); l++) {
      let at = head.v + min(j + 4 * l + FOUR, vec4u(params.keys - 1)) * params.vRow;
      //: for c in 0..(V4 + 7) / 8
      {
        let e = min(${8 * c} + lane, params.v4 - 1);
        let y = mat4x4f(v_at(at.x + e), v_at(at.y + e), v_at(at.z + e), v_at(at.w + e));
        //: for r in 0..OWN
        o${r}_$c = multiply(o${r}_$c, subgroupShuffle(s$r, l), y);
        //: end
      }
      //: end
    }
  }
  let rows = select(0, min(${OWN}u, params.queries - place.first), place.valid);
  var sums: array<vec2f, $OWN>;                   // what o is divided by, and lse
  //: for r in 0..OWN
  let t$r = over_subgroup(l$r);
  sums[$r] = vec2f(1 / t$r, m$r + log(t$r));
  if (t$r == 0) { sums[$r] = vec2f(nan()); }
  //: end
  var result: array<vec4f, $OWN>;
  //: for c in 0..(V4 + 7) / 8
  //: for r in 0..OWN
  result[$r] = o${r}_$c;
  //: end
  if (${8 * c} + lane < params.v4) {
    for (var r = 0u; r < rows; r++) { o4[head.o + (place.first + r) * params.oRow + ${8 * c} + lane] = result[r] * sums[r].x; }
  }
  //: end
  if (lane == 0) {
    for (var r = 0u; r < rows; r++) { logSums[head.index * params.queries + place.first + r] = sums[r].y; }
  }
}

// ---- queryGradient: dq, and what both gradients need of each query

@group(0) @binding(5) var<storage, read_write> found: array<Query>;
@group(0) @binding(6) var<storage, read_write> dq4: array<vec4f>;   // as q lies
@group(0) @binding(7) var<storage, read> known4: array<vec4f>;      // o
@group(0) @binding(8) var<storage, read> knownSums: array<f32>;     // lse

@compute @workgroup_size(8)
fn queryGradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let place = place_of(wid.y * groups.x + wid.x, params.queries);
  let head = place.head;
  //: for i in 0..OWN / 8
  let own$i = min(place.first + lane * ${OWN / 8} + $i, params.queries - 1);
  let qAt$i = head.q + own$i * params.qRow;
  let oAt$i = head.o + own$i * params.oRow;
  var dots$i = vec4f(0);
  for (var e = 0u; e < params.v4; e++) { dots$i = fma(known4[oAt$i + e], do_at(oAt$i + e), dots$i); }
  let at$i = head.index * params.queries + own$i;
  let query$i = Query(knownSums[at$i], (dots$i.x + dots$i.y) + (dots$i.z + dots$i.w));
  found[at$i] = query$i;                          // of those beyond the end, the last one's again
  //: end
  //: for r in 0..OWN
  //: for c in 0..(E4 + 7) / 8
  var dq${r}_$c = vec4f(0);
  //: end
  //: end
  let end = select(params.keys, min(params.keys, place.first + $OWN), CAUSAL);
  for (var j = 0u; j < end; j += 32) {
    let quad = j / 4 + lane;
    let columns = min(4 * quad + FOUR, vec4u(params.keys - 1));
    let kAt = head.k + columns * params.kRow;
    let vAt = head.v + columns * params.vRow;
    //: for r in 0..OWN
    var s$r = vec4f(0);
    var t$r = vec4f(0);
    //: end
    for (var e = 0u; e < params.e4; e++) {
      let y = transpose(mat4x4f(k_at(kAt.x + e), k_at(kAt.y + e), k_at(kAt.z + e), k_at(kAt.w + e)));
      //: for i in 0..OWN / 8
      let x$i = q_at(qAt$i + e);
      //: end
      //: for r in 0..OWN
      s$r = multiply(s$r, subgroupShuffle(x${r % (OWN / 8)}, ${r / (OWN / 8)}u), y);
      //: end
    }
    for (var e = 0u; e < params.v4; e++) {
      let y = transpose(mat4x4f(v_at(vAt.x + e), v_at(vAt.y + e), v_at(vAt.z + e), v_at(vAt.w + e)));
      //: for i in 0..OWN / 8
      let x$i = do_at(oAt$i + e);
      //: end
      //: for r in 0..OWN
      t$r = multiply(t$r, subgroupShuffle(x${r % (OWN / 8)}, ${r / (OWN / 8)}u), y);
      //: end
    }
    //: for r in 0..OWN
    {
      let row = min(place.first + $r, params.queries - 1);
      let logSum = subgroupShuffle(query${r % (OWN / 8)}.logSum, ${r / (OWN / 8)}u);
      let d = subgroupShuffle(query${r % (OWN / 8)}.dot, ${r / (OWN / 8)}u);
      let to = masked(s$r * params.scale, vec4u(row), 4 * quad + FOUR, head.mask);
      let p = probabilities(to, vec4f(logSum), vec4<bool>(is_nan(logSum)));
      s$r = select(vec4f(0), p * (t$r * kept(head.index, row, quad) - d) * params.scale, 4 * quad + FOUR < vec4u(params.keys));
    }
    //: end
    for (var l = 0u; l < min(8u, (end - j + 3) / 4); l++) {
      let at = head.k + min(j + 4 * l + FOUR, vec4u(params.keys - 1)) * params.kRow;
      //: for c in 0..(E4 + 7) / 8
      {
        let e = min(${8 * c} + lane, params.e4 - 1);
        let y = mat4x4f(k_at(at.x + e), k_at(at.y + e), k_at(at.z + e), k_at(at.w + e));
        //: for r in 0..OWN
        dq${r}_$c = multiply(dq${r}_$c, subgroupShuffle(s$r, l), y);
        //: end
      }
      //: end
    }
  }
  let rows = select(0, min(${OWN}u, params.queries - place.first), place.valid);
  var result: array<vec4f, $OWN>;
  //: for c in 0..(E4 + 7) / 8
  //: for r in 0..OWN
  result[$r] = dq${r}_$c;
  //: end
  if (${8 * c} + lane < params.e4) {
    for (var r = 0u; r < rows; r++) { dq4[head.q + (place.first + r) * params.qRow + ${8 * c} + lane] = result[r]; }
  }
  //: end
}

// ---- keyGradient: dk and dv

@group(0) @binding(6) var<storage, read_write> dk4: array<vec4f>;   // as k lies
@group(0) @binding(7) var<storage, read_write> dv4: array<vec4f>;   // as v lies

@compute @workgroup_size(8)
fn keyGradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let place = place_of(wid.y * groups.x + wid.x, params.keys);
  let head = place.head;
  //: for i in 0..OWN / 8
  let own$i = min(place.first + lane * ${OWN / 8} + $i, params.keys - 1);
  let kAt$i = head.k + own$i * params.kRow;
  let vAt$i = head.v + own$i * params.vRow;
  //: end
  //: for r in 0..OWN
  //: for c in 0..(E4 + 7) / 8
  var dk${r}_$c = vec4f(0);
  //: end
  //: for c in 0..(V4 + 7) / 8
  var dv${r}_$c = vec4f(0);
  //: end
  //: end
  for (var j = select(0u, place.first, CAUSAL); j < params.queries; j += 32) {
    let there = j + 4 * lane + FOUR < vec4u(params.queries);
    let walked = min(j + 4 * lane + FOUR, vec4u(params.queries - 1));
    let qAt = head.q + walked * params.qRow;
    let oAt = head.o + walked * params.oRow;
    //: for r in 0..OWN
    var s$r = vec4f(0);
    var t$r = vec4f(0);
    //: end
    for (var e = 0u; e < params.e4; e++) {
      let y = transpose(mat4x4f(q_at(qAt.x + e), q_at(qAt.y + e), q_at(qAt.z + e), q_at(qAt.w + e)));
      //: for i in 0..OWN / 8
      let x$i = k_at(kAt$i + e);
      //: end
      //: for r in 0..OWN
      s$r = multiply(s$r, subgroupShuffle(x${r % (OWN / 8)}, ${r / (OWN / 8)}u), y);
      //: end
    }
    for (var e = 0u; e < params.v4; e++) {
      let y = transpose(mat4x4f(do_at(oAt.x + e), do_at(oAt.y + e), do_at(oAt.z + e), do_at(oAt.w + e)));
      //: for i in 0..OWN / 8
      let x$i = v_at(vAt$i + e);
      //: end
      //: for r in 0..OWN
      t$r = multiply(t$r, subgroupShuffle(x${r % (OWN / 8)}, ${r / (OWN / 8)}u), y);
      //: end
    }
    let four = queries_at(head.index * params.queries + walked);
    //: for r in 0..OWN
    {
      let column = min(place.first + $r, params.keys - 1);
      let to = masked(s$r * params.scale, walked, vec4u(column), head.mask);
      let p = probabilities(to, four.logSum, four.blank);
      let z = kept_of(head.index, walked, column);
      s$r = select(vec4f(0), p * (t$r * z - four.dot) * params.scale, there);
      t$r = select(vec4f(0), p * z, there);
    }
    //: end
    let quads = min(8u, (params.queries - j + 3) / 4);
    for (var l = 0u; l < quads; l++) {
      let at = head.q + min(j + 4 * l + FOUR, vec4u(params.queries - 1)) * params.qRow;
      //: for c in 0..(E4 + 7) / 8
      {
        let e = min(${8 * c} + lane, params.e4 - 1);
        let y = mat4x4f(q_at(at.x + e), q_at(at.y + e), q_at(at.z + e), q_at(at.w + e));
        //: for r in 0..OWN
        dk${r}_$c = multiply(dk${r}_$c, subgroupShuffle(s$r, l), y);
        //: end
      }
      //: end
    }
    for (var l = 0u; l < quads; l++) {
      let at = head.o + min(j + 4 * l + FOUR, vec4u(params.queries - 1)) * params.oRow;
      //: for c in 0..(V4 + 7) / 8
      {
        let e = min(${8 * c} + lane, params.v4 - 1);
        let y = mat4x4f(do_at(at.x + e), do_at(at.y + e), do_at(at.z + e), do_at(at.w + e));
        //: for r in 0..OWN
        dv${r}_$c = multiply(dv${r}_$c, subgroupShuffle(t$r, l), y);
        //: end
      }
      //: end
    }
  }
  let rows = select(0, min(${OWN}u, params.keys - place.first), place.valid);
  var result: array<vec4f, $OWN>;
  //: for c in 0..(E4 + 7) / 8
  //: for r in 0..OWN
  result[$r] = dk${r}_$c;
  //: end
  if (${8 * c} + lane < params.e4) {
    for (var r = 0u; r < rows; r++) { dk4[head.k + (place.first + r) * params.kRow + ${8 * c} + lane] = result[r]; }
  }
  //: end
  //: for c in 0..(V4 + 7) / 8
  //: for r in 0..OWN
  result[$r] = dv${r}_$c;
  //: end
  if (${8 * c} + lane < params.v4) {
    for (var r = 0u; r < rows; r++) {
      let at = head.v + (place.first + r) * params.vRow + ${8 * c} + lane;
      if (PACKED) { dk4[at] = result[r]; } else { dv4[at] = result[r]; }
    }
  }
  //: end
}

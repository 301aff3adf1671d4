// Scaled dot-product attention and its gradient, without a matrix of all scores (T. Dao et al., "FlashAttention", 2022):
//
//   s_ij = scale · q_i · k_j + mask_ij,   p_ij = exp(s_ij − lse_i),   lse_i = ln Σ_j exp(s_ij),   o_i = Σ_j p_ij z_ij v_j
//
// z is dropout's mask, drawn again where it is needed: 0, or 1 / (1 − p). Gradients, with D_i = do_i · o_i:
//
//   dv_j = Σ_i p_ij z_ij do_i,   ds_ij = p_ij (z_ij do_i · v_j − D_i),   dq_i = scale Σ_j ds_ij k_j,   dk_j = scale Σ_i ds_ij q_i
//
// forward takes four keys at a time and keeps the largest score so far, m, and Σ exp(s − m), l; where m grows, what was
// summed fades. What is kept for the gradient is lse. A query that sees no key gets NaN, as 0 / 0 is.
//
// An invocation has ROWS queries (keys, where it is the keys' gradient) and walks over keys (queries) four at a time: what is
// read is used several times. What it adds up lies in registers: unroll.ts writes the program out for E4 and V4, the vec4s of
// a query or key and of a value. All else is loops: drivers take long to compile each place that reads memory. attentionParts.wgsl
// is joined to it.

override WORKGROUP: u32 = 64;
override SPREAD: bool = false;      // neighbours have the same place in other heads: with CAUSAL, as much to do

struct Place { head: u32, tile: u32 }

fn place_of(i: u32, tiles: u32) -> Place {
  let heads = params.batches * params.heads;
  if (SPREAD) { return Place(i % heads, i / heads); }
  return Place(i / tiles, i % tiles);
}

// ---- forward

@group(0) @binding(4) var<storage, read_write> o4: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> logSums: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let tiles = (params.queries + $ROWS - 1) / $ROWS;
  if (i >= tiles * params.batches * params.heads) { return; }
  let place = place_of(i, tiles);
  let head = head_of(place.head);
  let first = place.tile * $ROWS;
  //: for r in 0..ROWS
  let row$r = min(first + $r, params.queries - 1);
  let qAt$r = head.q + row$r * params.qRow;
  //: for e in 0..V4
  var o${r}_$e = vec4f(0);
  //: end
  var m$r = LOWEST;
  var l$r = 0.0;
  //: end
  let end = select(params.keys, min(params.keys, first + $ROWS), CAUSAL);
  for (var j = 0u; j < end; j += 4) {
    let columns = min(j + FOUR, vec4u(params.keys - 1));
    let kAt = head.k + columns * params.kRow;
    //: for r in 0..ROWS
    var s$r = vec4f(0);
    //: end
    for (var e = 0u; e < params.e4; e++) {
      //: for k in 0..4
      let k$k = k_at(kAt[$k] + e);
      //: end
      //: for r in 0..ROWS
      let q$r = q_at(qAt$r + e);
      s$r += vec4f(dot(q$r, k0), dot(q$r, k1), dot(q$r, k2), dot(q$r, k3));
      //: end
    }
    //: for r in 0..ROWS
    let to$r = masked(s$r * params.scale, vec4u(row$r), j + FOUR, head.mask);
    let score$r = select(vec4f(LOWEST), to$r.values, to$r.seen);
    let top$r = max(max(m$r, max(score$r.x, score$r.y)), max(score$r.z, score$r.w));
    var p$r = select(vec4f(0), exp(score$r - top$r), to$r.seen);
    let fade$r = select(exp(m$r - top$r), 0.0, l$r == 0);
    l$r = l$r * fade$r + ((p$r.x + p$r.y) + (p$r.z + p$r.w));
    m$r = top$r;
    p$r *= kept(head.index, row$r, j / 4);
    //: end
    let vAt = head.v + columns * params.vRow;
    //: for e in 0..V4
    {
      //: for k in 0..4
      let v$k = v_at(vAt[$k] + $e);
      //: end
      //: for r in 0..ROWS
      o${r}_$e = o${r}_$e * fade$r + ((p$r.x * v0 + p$r.y * v1) + (p$r.z * v2 + p$r.w * v3));
      //: end
    }
    //: end
  }
  //: for r in 0..ROWS
  if (first + $r < params.queries) {
    var scale = 1 / l$r;
    if (l$r == 0) { if (params.keys == 0) { scale = 0; } else { scale = nan(); } }
    //: for e in 0..V4
    o4[head.o + row$r * params.oRow + $e] = o${r}_$e * scale;
    //: end
    logSums[head.index * params.queries + row$r] = select(m$r + log_of(l$r), scale, l$r == 0);
  }
  //: end
}

// ---- dots: what both gradients need of each query

@group(0) @binding(0) var<storage, read> known4: array<vec4f>;     // o
@group(0) @binding(1) var<storage, read> knownSums: array<f32>;    // lse
@group(0) @binding(2) var<storage, read> grad4: array<vec4f>;      // do
@group(0) @binding(3) var<storage, read_write> found: array<Query>;

@compute @workgroup_size(WORKGROUP)
fn dots(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.queries * params.batches * params.heads) { return; }
  let at = head_of(i / params.queries).o + i % params.queries * params.oRow;
  var d = vec4f(0);
  for (var e = 0u; e < params.v4; e++) { d = fma(known4[at + e], grad4[at + e], d); }
  found[i] = Query(knownSums[i], (d.x + d.y) + (d.z + d.w));
}

// ---- queryGradient: dq

@group(0) @binding(6) var<storage, read_write> dq4: array<vec4f>;   // as q lies

@compute @workgroup_size(WORKGROUP)
fn queryGradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let tiles = (params.queries + $ROWS - 1) / $ROWS;
  if (i >= tiles * params.batches * params.heads) { return; }
  let place = place_of(i, tiles);
  let head = head_of(place.head);
  let first = place.tile * $ROWS;
  //: for r in 0..ROWS
  let row$r = min(first + $r, params.queries - 1);
  let qAt$r = head.q + row$r * params.qRow;
  let oAt$r = head.o + row$r * params.oRow;
  let query$r = each[head.index * params.queries + row$r];
  let blank$r = is_nan(query$r.logSum);
  //: for e in 0..E4
  var dq${r}_$e = vec4f(0);
  //: end
  //: end
  let end = select(params.keys, min(params.keys, first + $ROWS), CAUSAL);
  for (var j = 0u; j < end; j += 4) {
    let columns = min(j + FOUR, vec4u(params.keys - 1));
    let kAt = head.k + columns * params.kRow;
    let vAt = head.v + columns * params.vRow;
    //: for r in 0..ROWS
    var s$r = vec4f(0);
    var t$r = vec4f(0);
    //: end
    for (var e = 0u; e < params.e4; e++) {
      //: for k in 0..4
      let k$k = k_at(kAt[$k] + e);
      //: end
      //: for r in 0..ROWS
      let q$r = q_at(qAt$r + e);
      s$r += vec4f(dot(q$r, k0), dot(q$r, k1), dot(q$r, k2), dot(q$r, k3));
      //: end
    }
    for (var e = 0u; e < params.v4; e++) {
      //: for k in 0..4
      let v$k = v_at(vAt[$k] + e);
      //: end
      //: for r in 0..ROWS
      let g$r = do_at(oAt$r + e);
      t$r += vec4f(dot(g$r, v0), dot(g$r, v1), dot(g$r, v2), dot(g$r, v3));
      //: end
    }
    //: for r in 0..ROWS
    let to$r = masked(s$r * params.scale, vec4u(row$r), j + FOUR, head.mask);
    let p$r = probabilities(to$r, vec4f(query$r.logSum), vec4<bool>(blank$r));
    let ds$r = p$r * (t$r * kept(head.index, row$r, j / 4) - query$r.dot) * params.scale;
    //: end
    //: for e in 0..E4
    {
      //: for k in 0..4
      let k$k = k_at(kAt[$k] + $e);
      //: end
      //: for r in 0..ROWS
      dq${r}_$e += (ds$r.x * k0 + ds$r.y * k1) + (ds$r.z * k2 + ds$r.w * k3);
      //: end
    }
    //: end
  }
  //: for r in 0..ROWS
  if (first + $r < params.queries) {
    //: for e in 0..E4
    dq4[qAt$r + $e] = dq${r}_$e;
    //: end
  }
  //: end
}

// ---- keyGradient: dk and dv

@group(0) @binding(6) var<storage, read_write> dk4: array<vec4f>;   // as k lies
@group(0) @binding(7) var<storage, read_write> dv4: array<vec4f>;   // as v lies

@compute @workgroup_size(WORKGROUP)
fn keyGradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  let tiles = (params.keys + $ROWS - 1) / $ROWS;
  if (i >= tiles * params.batches * params.heads) { return; }
  let place = place_of(i, tiles);
  let head = head_of(place.head);
  let first = place.tile * $ROWS;
  //: for r in 0..ROWS
  let row$r = min(first + $r, params.keys - 1);
  let kAt$r = head.k + row$r * params.kRow;
  let vAt$r = head.v + row$r * params.vRow;
  //: for e in 0..E4
  var dk${r}_$e = vec4f(0);
  //: end
  //: for e in 0..V4
  var dv${r}_$e = vec4f(0);
  //: end
  //: end
  for (var j = select(0u, first, CAUSAL); j < params.queries; j += 4) {
    let rows = min(j + FOUR, vec4u(params.queries - 1));
    let there = j + FOUR < vec4u(params.queries);
    let qAt = head.q + rows * params.qRow;
    let oAt = head.o + rows * params.oRow;
    //: for r in 0..ROWS
    var s$r = vec4f(0);
    var t$r = vec4f(0);
    //: end
    for (var e = 0u; e < params.e4; e++) {
      //: for k in 0..4
      let q$k = q_at(qAt[$k] + e);
      //: end
      //: for r in 0..ROWS
      let k$r = k_at(kAt$r + e);
      s$r += vec4f(dot(q0, k$r), dot(q1, k$r), dot(q2, k$r), dot(q3, k$r));
      //: end
    }
    for (var e = 0u; e < params.v4; e++) {
      //: for k in 0..4
      let g$k = do_at(oAt[$k] + e);
      //: end
      //: for r in 0..ROWS
      let v$r = v_at(vAt$r + e);
      t$r += vec4f(dot(g0, v$r), dot(g1, v$r), dot(g2, v$r), dot(g3, v$r));
      //: end
    }
    let four = queries_at(head.index * params.queries + rows);
    //: for r in 0..ROWS
    let to$r = masked(s$r * params.scale, rows, vec4u(row$r), head.mask);
    let p$r = probabilities(to$r, four.logSum, four.blank);
    let z$r = kept_of(head.index, rows, row$r);
    let pz$r = select(vec4f(0), p$r * z$r, there);
    let ds$r = select(vec4f(0), p$r * (t$r * z$r - four.dot) * params.scale, there);
    //: end
    //: for e in 0..E4
    {
      //: for k in 0..4
      let q$k = q_at(qAt[$k] + $e);
      //: end
      //: for r in 0..ROWS
      dk${r}_$e += (ds$r.x * q0 + ds$r.y * q1) + (ds$r.z * q2 + ds$r.w * q3);
      //: end
    }
    //: end
    //: for e in 0..V4
    {
      //: for k in 0..4
      let g$k = do_at(oAt[$k] + $e);
      //: end
      //: for r in 0..ROWS
      dv${r}_$e += (pz$r.x * g0 + pz$r.y * g1) + (pz$r.z * g2 + pz$r.w * g3);
      //: end
    }
    //: end
  }
  //: for r in 0..ROWS
  if (first + $r < params.keys) {
    //: for e in 0..E4
    dk4[kAt$r + $e] = dk${r}_$e;
    //: end
    //: for e in 0..V4
    if (PACKED) { dk4[vAt$r + $e] = dv${r}_$e; } else { dv4[vAt$r + $e] = dv${r}_$e; }
    //: end
  }
  //: end
}

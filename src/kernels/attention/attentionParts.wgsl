// What the programs of attention have in common: where heads and masks lie, how q, k, v and do are read, which scores count, and
// dropout's factors. Joined to attention.wgsl and attentionTiles.wgsl, with nan.wgsl and philox.wgsl; unrolled.

override CAUSAL: bool = false;      // query i sees keys 0 … i
override MASK: u32 = 0;             // see below
override DROPOUT: bool = false;
override PACKED: bool = false;      // dk and dv are parts of one array, bound as dk

const VISIBLE = 1u;                 // the mask is not 0 where a key is seen
const HIDDEN = 2u;                  // … where it is not
const ADDED = 3u;                   // floats that are added to the scores; −∞ hides

const LOWEST = -0x1.fffffep+127f;

struct Params {
  batches: u32, heads: u32, queries: u32, keys: u32, e4: u32, v4: u32,
  // In vec4s: the first element of head 0 in batch 0, and from batch to batch, head to head, row to row.
  qOffset: u32, qBatch: u32, qHead: u32, qRow: u32,
  kOffset: u32, kBatch: u32, kHead: u32, kRow: u32,
  vOffset: u32, vBatch: u32, vHead: u32, vRow: u32,
  oBatch: u32, oHead: u32, oRow: u32,
  maskBatch: u32, maskHead: u32, maskRow: u32, maskColumn: u32,    // in elements
  scale: f32,
  p: f32, keep: f32, seed: u32, draw: u32,                         // keep = 1 / (1 − p), 0 where p is 1
}

@group(1) @binding(0) var<uniform> params: Params;

/// A head of a batch: where its parts begin.
struct Head { index: u32, q: u32, k: u32, v: u32, o: u32, mask: u32 }

fn head_of(index: u32) -> Head {
  let b = index / params.heads;
  let h = index - b * params.heads;
  return Head(
    index,
    params.qOffset + b * params.qBatch + h * params.qHead,
    params.kOffset + b * params.kBatch + h * params.kHead,
    params.vOffset + b * params.vBatch + h * params.vHead,
    b * params.oBatch + h * params.oHead,
    b * params.maskBatch + h * params.maskHead,
  );
}

// What is read again and again: with TEXTURE 1 from textures, from which a CPU's driver loads a vec4 at a quarter of the cost
// (see matmulTexture.wgsl), else from buffers. do is the gradients' own.
//: for texture in 0..TEXTURE
@group(0) @binding(0) var q4: texture_storage_2d<rgba32float, read>;
@group(0) @binding(1) var k4: texture_storage_2d<rgba32float, read>;
@group(0) @binding(2) var v4: texture_storage_2d<rgba32float, read>;
@group(0) @binding(4) var do4: texture_storage_2d<rgba32float, read>;

fn q_at(i: u32) -> vec4f { return textureLoad(q4, texel(i)); }   // see shared/texel.wgsl
fn k_at(i: u32) -> vec4f { return textureLoad(k4, texel(i)); }
fn v_at(i: u32) -> vec4f { return textureLoad(v4, texel(i)); }
fn do_at(i: u32) -> vec4f { return textureLoad(do4, texel(i)); }
//: end
//: for buffer in TEXTURE..1
@group(0) @binding(0) var<storage, read> q4: array<vec4f>;
@group(0) @binding(1) var<storage, read> k4: array<vec4f>;
@group(0) @binding(2) var<storage, read> v4: array<vec4f>;
@group(0) @binding(4) var<storage, read> do4: array<vec4f>;

fn q_at(i: u32) -> vec4f { return q4[i]; }
fn k_at(i: u32) -> vec4f { return k4[i]; }
fn v_at(i: u32) -> vec4f { return v4[i]; }
fn do_at(i: u32) -> vec4f { return do4[i]; }
//: end
@group(0) @binding(3) var<storage, read> mask: array<u32>;

/// What both gradients need of each query.
struct Query { logSum: f32, dot: f32 }     // lse and D
@group(0) @binding(5) var<storage, read> each: array<Query>;

/// The same of four queries, and which of them see no key (their lse is NaN).
struct Queries { logSum: vec4f, dot: vec4f, blank: vec4<bool> }

fn queries_at(at: vec4u) -> Queries {
  let a = each[at[0]];
  let b = each[at[1]];
  let c = each[at[2]];
  let d = each[at[3]];
  let logSum = vec4f(a.logSum, b.logSum, c.logSum, d.logSum);
  let blank = vec4<bool>(is_nan(a.logSum), is_nan(b.logSum), is_nan(c.logSum), is_nan(d.logSum));
  return Queries(logSum, vec4f(a.dot, b.dot, c.dot, d.dot), blank);
}

/// Scores of a query and four keys with the mask on them, and which of the keys are seen.
struct Scores { values: vec4f, seen: vec4<bool> }

/// From each of four pairs of places: its query's row, its key's column.
fn masked(scores: vec4f, row: vec4u, column: vec4u, at: u32) -> Scores {
  var seen = column < vec4u(params.keys);
  if (CAUSAL) { seen = seen & (column <= row); }
  if (MASK == 0) { return Scores(scores, seen); }
  let place = at + row * params.maskRow + min(column, vec4u(params.keys - 1)) * params.maskColumn;
  let found = vec4u(mask[place.x], mask[place.y], mask[place.z], mask[place.w]);
  if (MASK == VISIBLE) { return Scores(scores, seen & (found != vec4u(0))); }
  if (MASK == HIDDEN) { return Scores(scores, seen & (found == vec4u(0))); }
  return Scores(scores + bitcast<vec4f>(found), seen & (found != vec4u(0xff800000u)));
}

/// z of four keys in a row, the first of which is 4 · quad.
fn kept(head: u32, row: u32, quad: u32) -> vec4f {
  if (!DROPOUT) { return vec4f(1); }
  let block = (head * params.queries + row) * ((params.keys + 3) / 4) + quad;
  return select(vec4f(0), vec4f(params.keep), uniforms(block, params.draw, params.seed) >= vec4f(params.p));
}

/// z of one key for four queries.
fn kept_of(head: u32, rows: vec4u, column: u32) -> vec4f {
  if (!DROPOUT) { return vec4f(1); }
  var z = vec4f(0);
  for (var k = 0u; k < 4; k++) { z[k] = kept(head, rows[k], column / 4)[column % 4]; }
  return z;
}

/// p of four pairs; a query that sees no key has nothing but NaN.
fn probabilities(to: Scores, logSum: vec4f, blank: vec4<bool>) -> vec4f {
  return select(select(vec4f(0), exp(to.values - logSum), to.seen), vec4f(nan()), blank);
}

const FOUR = vec4u(0, 1, 2, 3);

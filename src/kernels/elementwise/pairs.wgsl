// z = f(a, b), element by element, with NumPy's broadcasting, of operands of any two types. Joined with types.wgsl and
// with a program of functions, whose `f` takes both operands' bits as TYPE's and gives the result's bits, and whose entry
// point calls `apply`. What takes a gradient is joined with pairsGradient.wgsl too.

override OP: u32;                // which function
override A_TYPE: u32 = 0;        // types.wgsl's numbers
override B_TYPE: u32 = 0;
override TYPE: u32 = 0;          // in which f is computed
override REPEATS: bool = false;  // apply_fours: whether b has one element for a whole row
override WORKGROUP: u32 = 64;

struct Params {                  // z is walked by rows (strides.ts)
  rows: u32, inner: u32, chunks: u32, rank: u32,
  shape: array<vec4u, 2>,        // that of the rows
  stridesA: array<vec4u, 2>,     // from row to row, 0 along a broadcast dimension
  stridesB: array<vec4u, 2>,
  stepA: u32, stepB: u32,        // from element to element
}

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read_write> z: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

/// Where a row of z finds its first a (x) and its first b (y).
fn beginnings(row: u32) -> vec2u {
  var rest = row;
  var at = vec2u(0);
  for (var d = i32(params.rank) - 1; d > 0; d--) {
    let n = params.shape[d / 4][d % 4];
    let quotient = rest / n;
    at += (rest - quotient * n) * vec2u(params.stridesA[d / 4][d % 4], params.stridesB[d / 4][d % 4]);
    rest = quotient;
  }
  return at + rest * vec2u(params.stridesA[0].x, params.stridesB[0].x);
}

/// What invocation i does of z.
fn apply(i: u32) {
  if (i >= params.rows * params.chunks) { return; }
  let row = i / params.chunks;
  let at = beginnings(row);
  for (var s = i - row * params.chunks; s < params.inner; s += params.chunks) {
    let p = convert(a[at.x + s * params.stepA], A_TYPE, TYPE);
    let q = convert(b[at.y + s * params.stepB], B_TYPE, TYPE);
    z[row * params.inner + s] = f(p, q);
  }
}

// Four elements of a row at a time, of operands of type TYPE both: rows, strides and steps count fours, but for the strides of
// a b that a row has one element of.
@group(0) @binding(0) var<storage, read> a4: array<vec4u>;
@group(0) @binding(1) var<storage, read> b4: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> z4: array<vec4u>;

fn apply_fours(i: u32) {
  if (i >= params.rows * params.chunks) { return; }
  let row = i / params.chunks;
  let at = beginnings(row);
  var q = vec4u(b4[at.y / 4][at.y % 4]);
  for (var s = i - row * params.chunks; s < params.inner; s += params.chunks) {
    let p = a4[at.x + s];
    if (!REPEATS) { q = b4[at.y + s]; }
    z4[row * params.inner + s] = vec4u(f(p.x, q.x), f(p.y, q.y), f(p.z, q.z), f(p.w, q.w));
  }
}

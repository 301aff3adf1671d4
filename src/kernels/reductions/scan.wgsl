// Running sums, products and the like along a dimension: y[k] = x[0] ∘ x[1] ∘ … ∘ x[k], where ∘ is +, · or
// logaddexp(a, b) = ln(eᵃ + eᵇ); or from the end, y[k] = x[k] ∘ … ∘ x[n − 1]. An array is [columns / inner, n, inner]; a
// column is cut into chunks:
//
//   scan    each chunk by itself, an invocation a chunk and column; its last result is the chunk's total
//   carry   joins to a chunk the running total of those before it
//
// Gradients, all found from the end, an invocation a column:
//
//   recur   dx[k] = f[k] · S[k],   S[k] = dy[k] + a[k + 1] · S[k + 1]
//           product:     a[k] = x[k],               f[k] = y[k − 1], 1 where k is 0: no division, so that zeros are no matter
//           logaddexp:   a[k] = exp(y[k − 1] − y[k]),   f[k] = exp(x[k] − y[k])
//
//   best    positions of the running maximum or minimum: the last of equals, and of NaNs, which stay

// `element` is an alias that scan.ts writes: f32, or i32, whose sums and products of whole numbers have the bits of u32's too.

override OPERATION: u32 = 0;
override REVERSE: bool = false;
override SMALLEST: bool = false;
override WORKGROUP: u32 = 64;

const ADD = 0u;
const MULTIPLY = 1u;
const LOGADDEXP = 2u;

struct Params { n: u32, columns: u32, inner: u32, chunk: u32 }

@group(0) @binding(0) var<storage, read> x: array<element>;            // carry: the chunks' running totals
@group(0) @binding(1) var<storage, read_write> out: array<element>;
@group(0) @binding(2) var<storage, read_write> totals: array<element>; // [columns / inner, chunks, inner]
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read_write> positions: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

fn joined(a: element, b: element) -> element {
  if (OPERATION == ADD) { return a + b; }
  if (OPERATION == MULTIPLY) { return a * b; }
  return element(log_of_sum(f32(a), f32(b)));
}

/// ln(eᵃ + eᵇ)
fn log_of_sum(a: f32, b: f32) -> f32 {
  let most = max(a, b);
  if (is_nan(a) || is_nan(b)) { return a + b; }
  if ((bitcast<u32>(most) & 0x7fffffffu) == 0x7f800000u) { return most; }
  return most + log(exp_of(a - most) + exp_of(b - most));
}

fn chunks() -> u32 { return (params.n + params.chunk - 1u) / params.chunk; }

/// Where element k of a column is, counted from the end where REVERSE is set.
fn place(column: u32, k: u32) -> u32 {
  let o = column / params.inner;
  let at = select(k, params.n - 1u - k, REVERSE);
  return (o * params.n + at) * params.inner + (column - o * params.inner);
}

@compute @workgroup_size(WORKGROUP)
fn scan(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= chunks() * params.columns) { return; }
  let chunk = i / params.columns;
  let column = i - chunk * params.columns;
  let first = chunk * params.chunk;
  var total = x[place(column, first)];
  out[place(column, first)] = total;
  for (var k = first + 1u; k < min(first + params.chunk, params.n); k++) {
    total = joined(total, x[place(column, k)]);
    out[place(column, k)] = total;
  }
  let o = column / params.inner;
  totals[(o * chunks() + chunk) * params.inner + (column - o * params.inner)] = total;
}

@compute @workgroup_size(WORKGROUP)
fn carry(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n * params.columns) { return; }
  let k = i / params.columns;
  let column = i - k * params.columns;
  let chunk = k / params.chunk;
  if (chunk == 0u) { return; }
  let o = column / params.inner;
  let before = x[(o * chunks() + chunk - 1u) * params.inner + (column - o * params.inner)];
  let at = place(column, k);
  out[at] = joined(before, out[at]);
}

@compute @workgroup_size(WORKGROUP)
fn recur(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let column = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (column >= params.columns) { return; }
  var sum = 0.0;
  for (var left = params.n; left > 0u; left--) {
    let k = left - 1u;
    let at = place(column, k);
    if (left < params.n) {
      let next = at + params.inner;
      if (OPERATION == MULTIPLY) { sum *= f32(x[next]); } else { sum *= exp_of(y[at] - y[next]); }
    }
    sum += dy[at];
    var factor = 1.0;
    if (OPERATION == LOGADDEXP) { factor = exp_of(f32(x[at]) - y[at]); } else if (k > 0u) { factor = y[at - params.inner]; }
    out[at] = element(factor * sum);
  }
}

@compute @workgroup_size(WORKGROUP)
fn best(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let column = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (column >= params.columns) { return; }
  var at = 0u;
  var most = f32(x[place(column, 0u)]);
  for (var k = 0u; k < params.n; k++) {
    let value = f32(x[place(column, k)]);
    if (is_nan(value) || (!is_nan(most) && select(value >= most, value <= most, SMALLEST))) { at = k; most = value; }
    positions[place(column, k)] = at;
  }
}

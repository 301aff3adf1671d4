// The discrete Fourier transform of rows of n complex numbers, n of any length:
//
//   X[k] = scale · sum over t < n of x[t] e^(sign 2 pi i k t / n)
//
// In passes, one for each factor of n, that leave the numbers in order (T. G. Stockham, "High-speed convolution and
// correlation", 1966). After passes of the factors whose product is L, with S = n / L, a row holds
//
//   A[k, s] = sum over q < L of x[s + q S] e^(sign 2 pi i k q / L),   k < L, s < S,   at k S + s
//
// which is x where L = 1 and X where L = n. The next pass, of factor r, with L' = r L and S' = S / r:
//
//   A'[k, s] = sum over p < r of e^(sign 2 pi i k p / L') A[k mod L, s + p S'],   k < L', s < S'
//
// `quarters` is the pass of r = 4, an invocation for four k that share their inputs; `factors` is one of any factor, an
// invocation for each k. Powers of two cost n log2 n; a prime n costs n².

override WORKGROUP: u32 = 64;

struct Params {
  count: u32,            // invocations
  n: u32,
  product: u32,          // L
  rest: u32,             // S'
  factor: u32,           // r
  sign: f32, scale: f32,
}

@group(0) @binding(0) var<storage, read> a: array<vec2f>;               // [rows, n], (re, im)
@group(0) @binding(1) var<storage, read> roots: array<vec2f>;           // [n], e^(2 pi i j / n)
@group(0) @binding(2) var<storage, read_write> result: array<vec2f>;    // [rows, n]
@group(1) @binding(0) var<uniform> params: Params;

fn times(a: vec2f, b: vec2f) -> vec2f { return vec2f(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x); }

// e^(sign 2 pi i j / n)
fn root(j: u32) -> vec2f { return roots[j] * vec2f(1, params.sign); }

@compute @workgroup_size(WORKGROUP)
fn quarters(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.count) { return; }
  let row = i / (params.n / 4) * params.n;
  let at = i % (params.n / 4);                        // k S' + s, k < L
  let k = at / params.rest;
  let s = at - k * params.rest;
  let first = row + 4 * k * params.rest + s;          // S = 4 S'
  let turn = k * params.rest;                         // k of L' is k n / L' = k S' of n
  let a0 = a[first];
  let a1 = times(a[first + params.rest], root(turn));
  let a2 = times(a[first + 2 * params.rest], root(2 * turn));
  let a3 = times(a[first + 3 * params.rest], root(3 * turn));
  let even = a0 + a2;
  let odd = a1 + a3;
  let left = a0 - a2;
  let right = params.sign * vec2f(a3.y - a1.y, a1.x - a3.x);   // sign i (a1 - a3)
  let step = params.n / 4;                            // from k to k + L: L S' = n / 4
  let out = row + at;
  result[out] = params.scale * (even + odd);
  result[out + step] = params.scale * (left + right);
  result[out + 2 * step] = params.scale * (even - odd);
  result[out + 3 * step] = params.scale * (left - right);
}

@compute @workgroup_size(WORKGROUP)
fn factors(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.count) { return; }
  let row = i / params.n * params.n;
  let at = i - row;                                   // k S' + s, k < L'
  let k = at / params.rest;
  let s = at - k * params.rest;
  let first = row + (k % params.product) * params.factor * params.rest + s;
  var sum = vec2f(0);
  var turn = 0u;                                      // k p S' mod n
  for (var p = 0u; p < params.factor; p++) {
    sum += times(a[first + p * params.rest], root(turn));
    turn += k * params.rest;
    if (turn >= params.n) { turn -= params.n; }
  }
  result[i] = params.scale * sum;
}

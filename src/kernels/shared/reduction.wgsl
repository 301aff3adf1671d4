// Where a reduction finds its elements: x[kept(o) + reduced(r)] is the r-th of the elements that go into output o.
// Joined to programs whose uniform `params` has these members:
//   keptRank, reducedRank: u32, keptShape, keptStrides, reducedShape, reducedStrides: array<vec4u, 2>

fn kept(o: u32) -> u32 {
  var rest = o;
  var at = 0u;
  for (var d = i32(params.keptRank) - 1; d > 0; d--) {
    let n = params.keptShape[d / 4][d % 4];
    let quotient = rest / n;
    at += (rest - quotient * n) * params.keptStrides[d / 4][d % 4];
    rest = quotient;
  }
  return at + rest * params.keptStrides[0].x;
}

fn reduced(r: u32) -> u32 {
  var rest = r;
  var at = 0u;
  for (var d = i32(params.reducedRank) - 1; d > 0; d--) {
    let n = params.reducedShape[d / 4][d % 4];
    let quotient = rest / n;
    at += (rest - quotient * n) * params.reducedStrides[d / 4][d % 4];
    rest = quotient;
  }
  return at + rest * params.reducedStrides[0].x;
}

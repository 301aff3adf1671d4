// ⌊a · b / n⌋ of whole numbers below 2³⁰, n ≥ 1, whose product may take more than 32 bits: places in long sounds. Joined to programs
// that count so.

fn scaled(a: u32, b: u32, n: u32) -> u32 {
  if (max(a, b) < 65536) { return a * b / n; }
  let whole = b / n;
  let part = b - whole * n;
  var quotient = 0u;
  var rest = 0u;
  for (var bit = 1u << 29; bit > 0; bit >>= 1) {      // a's bits, the highest first: multiplied and divided as on paper
    quotient *= 2;
    rest *= 2;
    if ((a & bit) != 0) { quotient += whole; rest += part; }
    for (; rest >= n; rest -= n) { quotient++; }      // twice at the most
  }
  return quotient;
}

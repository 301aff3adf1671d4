// Philox-4x32-10, a counter-based random number generator: four random words are a pure function of a
// counter and a key, so every invocation draws its own numbers and nothing is carried along.
// J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011. Joined to programs that draw.

/// High and low word of a 32 × 32 bit product; WGSL has no 64-bit integers.
fn mul_wide(a: u32, b: u32) -> vec2u {
  let aLow = a & 0xffffu;
  let aHigh = a >> 16u;
  let bLow = b & 0xffffu;
  let bHigh = b >> 16u;
  let low = aLow * bLow;
  let middle = aHigh * bLow + (low >> 16u);
  let carry = aLow * bHigh + (middle & 0xffffu);
  return vec2u(aHigh * bHigh + (middle >> 16u) + (carry >> 16u), a * b);
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0; round < 10; round++) {
    let a = mul_wide(0xd2511f53u, c.x);
    let b = mul_wide(0xcd9e8d57u, c.z);
    c = vec4u(b.x ^ c.y ^ k.x, b.y, a.x ^ c.w ^ k.y, a.y);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

/// Four numbers in [0, 1) with 24 random bits each, for the four elements 4·quad … 4·quad + 3 of draw `draw`.
fn uniforms(quad: u32, draw: u32, seed: u32) -> vec4f {
  return vec4f(philox(vec4u(quad, 0u, draw, 0u), vec2u(seed, 0u)) >> vec4u(8u)) * 0x1p-24;
}

// Elements of four types as bits of 32: float32, int32, uint32, and bool, which is 0 or 1. Joined to programs that take
// any of them; the numbers are types.ts's, and uint32 is what is none of these.

const FLOAT32 = 0u; const INT32 = 1u; const BOOL = 3u;

/// The number that bits of a type stand for, rounded to a float.
fn to_float(bits: u32, kind: u32) -> f32 {
  switch kind {
    case FLOAT32: { return bitcast<f32>(bits); }
    case INT32: { return f32(bitcast<i32>(bits)); }
    default: { return f32(bits); }
  }
}

/// Bits of one type as bits of another: floats are cut off to whole numbers, and all that is not 0 is true.
fn convert(bits: u32, kind: u32, wanted: u32) -> u32 {
  if (kind == wanted) { return bits; }
  if (wanted == FLOAT32) { return bitcast<u32>(to_float(bits, kind)); }
  if (wanted == BOOL) { return select(0u, 1u, (bits & select(0xffffffffu, 0x7fffffffu, kind == FLOAT32)) != 0u); }
  if (kind != FLOAT32) { return bits; }
  if (wanted == INT32) { return bitcast<u32>(i32(bitcast<f32>(bits))); }
  let value = bitcast<f32>(bits);
  return select(u32(value), bitcast<u32>(i32(value)), value < 0);   // −1 is 2³² − 1, as it is of an int32
}

// What is true of a float: not a number, infinite, finite, its sign bit. Told by its bits, as bools.

override OP: u32;
override WORKGROUP: u32 = 64;

struct Params { n: u32 }

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

const ISNAN = 0u; const ISINF = 1u; const ISFINITE = 2u; const ISPOSINF = 3u; const ISNEGINF = 4u; const SIGNBIT = 5u;
const INFINITE = 0x7f800000u;

fn holds(bits: u32) -> bool {
  let magnitude = bits & 0x7fffffffu;
  switch OP {
    case ISNAN: { return magnitude > INFINITE; }
    case ISINF: { return magnitude == INFINITE; }
    case ISFINITE: { return magnitude < INFINITE; }
    case ISPOSINF: { return bits == INFINITE; }
    case ISNEGINF: { return bits == (INFINITE | 0x80000000u); }
    default: { return (bits >> 31) == 1; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i < params.n) { y[i] = select(0u, 1u, holds(x[i])); }
}

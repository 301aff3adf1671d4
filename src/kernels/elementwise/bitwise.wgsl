// Functions of the bits of two whole numbers, or of two bools, which have one bit. Joined with types.wgsl and pairs.wgsl.

const BITWISE_AND = 0u; const BITWISE_OR = 1u; const BITWISE_XOR = 2u; const BITWISE_LEFT_SHIFT = 3u; const BITWISE_RIGHT_SHIFT = 4u;

fn f(p: u32, q: u32) -> u32 {
  switch OP {
    case BITWISE_AND: { return p & q; }
    case BITWISE_OR: { return p | q; }
    case BITWISE_XOR: { return p ^ q; }
    case BITWISE_LEFT_SHIFT: { return select(0u, p << (q & 31), q < 32); }
    default: {
      if (TYPE == INT32) { return bitcast<u32>(bitcast<i32>(p) >> min(q, 31u)); }   // the sign comes after
      return select(0u, p >> (q & 31), q < 32);
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  apply((wid.y * groups.x + wid.x) * WORKGROUP + lid);
}

// Several parameters in one launch: each has a slot, with bindings of its own ("theta3", "gradient3"), and a run of
// workgroups. Joined to programs that are unrolled for SLOTS (see slots.ts), and whose uniform `params` has
//   n4: array<vec4u, 4>        how many vec4s a slot's arrays have
//   begins: array<vec4u, 4>    the number of a slot's first workgroup
//   total: u32, per: u32       workgroups, and vec4s an invocation

override WORKGROUP: u32 = 64;

/// What an invocation works on: the vec4s first, first + WORKGROUP, … below end of a slot's arrays.
struct Walk { slot: u32, first: u32, end: u32 }

fn walkOf(group: u32, lid: u32) -> Walk {
  var slot = 0u;
  for (var k = 1u; k < $SLOTS; k++) {
    if (group >= params.begins[k / 4][k % 4]) { slot = k; }
  }
  let first = (group - params.begins[slot / 4][slot % 4]) * WORKGROUP * params.per + lid;
  return Walk(slot, first, min(first + WORKGROUP * params.per, params.n4[slot / 4][slot % 4]));
}

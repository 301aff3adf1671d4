// Sums over a subgroup of 8 lanes. Joined to programs for adapters that have such.

/// The sum of the elements of v over all lanes, the same in all of them.
fn over_subgroup(v: vec4f) -> f32 {
  var sum = (v.x + v.y) + (v.z + v.w);
  sum += subgroupShuffleXor(sum, 1u);
  sum += subgroupShuffleXor(sum, 2u);
  return sum + subgroupShuffleXor(sum, 4u);
}

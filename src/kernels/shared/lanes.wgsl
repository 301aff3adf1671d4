// Sums and maxima over a subgroup of 8 lanes. Joined to programs for adapters that have such.

/// The sum of the elements of v over all lanes, the same in all of them.
fn over_subgroup(v: vec4f) -> f32 {
  var sum = (v.x + v.y) + (v.z + v.w);
  sum += subgroupShuffleXor(sum, 1u);
  sum += subgroupShuffleXor(sum, 2u);
  return sum + subgroupShuffleXor(sum, 4u);
}

/// The largest element of v in any lane, the same in all of them.
fn largest_of_subgroup(v: vec4f) -> f32 {
  var top = max(max(v.x, v.y), max(v.z, v.w));
  top = max(top, subgroupShuffleXor(top, 1u));
  top = max(top, subgroupShuffleXor(top, 2u));
  return max(top, subgroupShuffleXor(top, 4u));
}

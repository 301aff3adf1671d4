// π = ∫₀¹ 4 / (1 + x²) dx by the midpoint rule: every thread sums the heights of its own row of rectangles.
// heights: float32 [threads]

override WORKGROUP: u32 = 64;
override TERMS: u32 = 256; // rectangles a thread

@group(0) @binding(0) var<storage, read_write> heights: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) thread: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let width = 1.0 / f32(groups.x * WORKGROUP * TERMS);
  let first = thread.x * TERMS;
  var sum = 0.0;
  for (var i = 0u; i < TERMS; i++) {
    let x = (f32(first + i) + 0.5) * width;
    sum += 4.0 / (1.0 + x * x);
  }
  heights[thread.x] = sum;
}

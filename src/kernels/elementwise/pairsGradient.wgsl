// dz · ∂f/∂a or dz · ∂f/∂b at every element of the broadcast shape; what was broadcast is summed up afterwards (reduce).
// Joined with pairs.wgsl and with a program whose `df(a, b)` is the slope on SIDE, and whose MASKS says of which functions
// a slope of 0 lets nothing through, not even an infinite gradient (0 · ∞ is NaN).

override SIDE: u32 = 0;          // 0 = ∂f/∂a, 1 = ∂f/∂b

@group(0) @binding(3) var<storage, read> dz: array<f32>;

/// What invocation i does of the gradient, in z.
fn apply_slopes(i: u32) {
  if (i >= params.rows * params.chunks) { return; }
  let row = i / params.chunks;
  let at = beginnings(row);
  for (var s = i - row * params.chunks; s < params.inner; s += params.chunks) {
    let x = to_float(a[at.x + s * params.stepA], A_TYPE);
    let y = to_float(b[at.y + s * params.stepB], B_TYPE);
    let slope = df(x, y);
    let value = select(dz[row * params.inner + s] * slope, 0.0, MASKS && slope == 0);
    z[row * params.inner + s] = bitcast<u32>(value);
  }
}

// Images of another size, x [planes, height, width] → y [planes, outHeight, outWidth], a plane being one channel of one
// sample. Row (column) o of the result stands at the place s of the input's rows (columns), `scale` of which are a row:
//
//   nearest        s = ⌊o · scale⌋                    nearest-exact  s = ⌊(o + ½) · scale⌋
//   smoothed       s = (o + ½) · scale − ½, in linear modes at least 0; where corners are aligned, s = o · scale
//                  y = Σ over the rows ⌊s⌋ … around s of weight(s − ⌊s⌋) · x, beyond the border the border's own
//     linear       two rows, weights 1 − t and t
//     cubic        four rows, weights Keys' cubic convolution with a = −¾
//   …Gradient      dx[h, w] = Σ over the outputs that read (h, w) of dy · their weight of (h, w)
//
// One invocation an element of the result. The gradients look from each element of x at the outputs whose place is
// near, a few more than those that count, and ask each for its weight, by the same arithmetic as forward.

override WORKGROUP: u32 = 64;
override EXACT: bool = false;             // nearest-exact
override CUBIC: bool = false;
override ALIGNED: bool = false;           // corners

const A = -0.75;

struct Params {
  n: u32,                                 // elements of the result
  height: u32, width: u32, outHeight: u32, outWidth: u32,
  scaleHeight: f32, scaleWidth: f32,
  inverseHeight: f32, inverseWidth: f32,  // 1 / scale
}

@group(0) @binding(0) var<storage, read> source: array<f32>;                // x, or dy
@group(0) @binding(1) var<storage, read_write> result: array<f32>;          // y, or dx
@group(1) @binding(0) var<uniform> params: Params;

/// Which of `size` rows stands in row o of the result.
fn nearestRow(o: u32, size: u32, scale: f32) -> u32 {
  let at = select(f32(o), f32(o) + 0.5, EXACT) * scale;
  return min(u32(at), size - 1);
}

fn place(o: u32, scale: f32) -> f32 {
  if (ALIGNED) { return f32(o) * scale; }
  let s = (f32(o) + 0.5) * scale - 0.5;
  return select(max(s, 0.0), s, CUBIC);
}

/// The weights of rows ⌊s⌋ − 1 … ⌊s⌋ + 2 at t = s − ⌊s⌋; linear modes have the two in the middle.
fn weights(t: f32) -> vec4f {
  if (!CUBIC) { return vec4f(0, 1 - t, t, 0); }
  let far = vec2f(t + 1, 2 - t);          // distances of the outer rows, between 1 and 2
  let near = vec2f(t, 1 - t);
  let outer = ((A * far - 5 * A) * far + 8 * A) * far - 4 * A;
  let inner = ((A + 2) * near - (A + 3)) * near * near + 1;
  return vec4f(outer.x, inner, outer.y);
}

/// The weight of row h in row o of the result.
fn weightOf(h: u32, o: u32, size: u32, scale: f32) -> f32 {
  let s = place(o, scale);
  let w = weights(s - floor(s));
  let first = i32(floor(s)) - 1;
  var sum = 0.0;
  for (var k = 0; k < 4; k++) {
    if (u32(clamp(first + k, 0, i32(size) - 1)) == h) { sum += w[k]; }
  }
  return sum;
}

/// A range of positions: first … end − 1.
struct Range { first: u32, end: u32 }

/// The rows of the result whose place is from `low` to `high`, and some around them; all of them beyond the border.
fn around(low: f32, high: f32, h: u32, size: u32, outSize: u32, inverse: f32) -> Range {
  let first = u32(clamp(floor(low * inverse) - 2, 0.0, f32(outSize)));
  let end = u32(clamp(ceil(high * inverse) + 2, 0.0, f32(outSize)));
  return Range(select(first, 0u, h == 0), select(end, outSize, h == size - 1));
}

/// What has a weight of row h.
fn readers(h: u32, size: u32, outSize: u32, inverse: f32) -> Range {
  let reach = select(1.0, 2.0, CUBIC);
  let half = select(0.5, 0.0, ALIGNED);
  return around(f32(h) - reach + half, f32(h) + reach + half, h, size, outSize, inverse);
}

@compute @workgroup_size(WORKGROUP)
fn nearest(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.outWidth;
  let plane = row / params.outHeight;
  let h = nearestRow(row - plane * params.outHeight, params.height, params.scaleHeight);
  let w = nearestRow(i - row * params.outWidth, params.width, params.scaleWidth);
  result[i] = source[(plane * params.height + h) * params.width + w];
}

@compute @workgroup_size(WORKGROUP)
fn nearestGradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.width;
  let plane = row / params.height;
  let h = row - plane * params.height;
  let w = i - row * params.width;
  let ps = around(f32(h), f32(h + 1), h, params.height, params.outHeight, params.inverseHeight);
  let qs = around(f32(w), f32(w + 1), w, params.width, params.outWidth, params.inverseWidth);
  var sum = 0.0;
  for (var p = ps.first; p < ps.end; p++) {
    if (nearestRow(p, params.height, params.scaleHeight) != h) { continue; }
    for (var q = qs.first; q < qs.end; q++) {
      if (nearestRow(q, params.width, params.scaleWidth) != w) { continue; }
      sum += source[(plane * params.outHeight + p) * params.outWidth + q];
    }
  }
  result[i] = sum;
}

@compute @workgroup_size(WORKGROUP)
fn smoothed(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.outWidth;
  let plane = row / params.outHeight;
  let top = place(row - plane * params.outHeight, params.scaleHeight);
  let left = place(i - row * params.outWidth, params.scaleWidth);
  let down = weights(top - floor(top));
  let across = weights(left - floor(left));
  let most = vec2i(i32(params.height), i32(params.width)) - 1;
  let outer = select(1, 0, CUBIC);
  var sum = 0.0;
  for (var j = outer; j < 4 - outer; j++) {
    let h = u32(clamp(i32(floor(top)) - 1 + j, 0, most.x));
    var line = 0.0;
    for (var k = outer; k < 4 - outer; k++) {
      let w = u32(clamp(i32(floor(left)) - 1 + k, 0, most.y));
      line += across[k] * source[(plane * params.height + h) * params.width + w];
    }
    sum += down[j] * line;
  }
  result[i] = sum;
}

@compute @workgroup_size(WORKGROUP)
fn smoothedGradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.width;
  let plane = row / params.height;
  let h = row - plane * params.height;
  let w = i - row * params.width;
  let ps = readers(h, params.height, params.outHeight, params.inverseHeight);
  let qs = readers(w, params.width, params.outWidth, params.inverseWidth);
  var sum = 0.0;
  for (var p = ps.first; p < ps.end; p++) {
    let down = weightOf(h, p, params.height, params.scaleHeight);
    if (down == 0) { continue; }
    for (var q = qs.first; q < qs.end; q++) {
      let across = weightOf(w, q, params.width, params.scaleWidth);
      if (across != 0) { sum += down * across * source[(plane * params.outHeight + p) * params.outWidth + q]; }
    }
  }
  result[i] = sum;
}

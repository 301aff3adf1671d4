// Pooling over windows of images, x [planes, height, width], a plane being one channel of one sample. Window (p, q)
// covers the rows p · stride − padding + 0 … kernel − 1, and columns likewise, as far as they lie in the image.
//
// With a dilation, the rows of a window are that far apart.
//
//   maxForward   y[p, q] = the largest element of the window, the first of equals; winners[p, q] = h · width + w of it
//   maxBackward  dx[h, w] = Σ dy[p, q] over the windows that (h, w) won
//   maxBackwardDisjoint   the same where no two windows overlap
//   avgForward   y[p, q] = Σ of the window's elements / divisor: kernelHeight · kernelWidth where padding counts as zeros
//   avgBackward  dx[h, w] = Σ dy[p, q] over the windows that contain (h, w) / divisor
//   Where windows are CUT, each has a divisor of its own: its elements inside the image, or inside the padded image
//
// One invocation an element of the result. The gradients look from each element of x at the windows around it, so
// that windows which overlap need no atomics; where none do, an invocation takes a window and writes all of dx up to
// the next one. Joined with nan.wgsl: a NaN wins, as in PyTorch.

// Constants, so that dividing by a stride is cheap and the loops over a window unroll.
override KERNEL_HEIGHT: u32;
override KERNEL_WIDTH: u32;
override STRIDE_HEIGHT: u32;
override STRIDE_WIDTH: u32;
override DILATION_HEIGHT: u32 = 1;
override DILATION_WIDTH: u32 = 1;
override DIVISOR: f32 = 1;
override CUT: bool = false;
override COUNT_PADDING: bool = true;
override WORKGROUP: u32 = 64;

struct Params {
  n: u32,                                       // elements of the result
  height: u32, width: u32, outHeight: u32, outWidth: u32,
  paddingHeight: u32, paddingWidth: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> won: array<u32>;
@group(0) @binding(0) var<storage, read> dy: array<f32>;            // the gradients bind these
@group(0) @binding(1) var<storage, read_write> dx: array<f32>;
@group(0) @binding(2) var<storage, read> winners: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

/// A range of positions: first … end − 1.
struct Range { first: u32, end: u32 }

/// Which of `size` rows (columns) window p covers.
fn covered(p: u32, size: u32, kernel: u32, stride: u32, padding: u32) -> Range {
  return Range(max(p * stride, padding) - padding, min(p * stride + kernel - padding, size));   // padding < kernel
}

/// The same of rows that are `dilation` apart.
fn dilated(p: u32, size: u32, kernel: u32, stride: u32, padding: u32, dilation: u32) -> Range {
  let above = max(p * stride, padding) - p * stride;
  let first = p * stride + (above + dilation - 1) / dilation * dilation - padding;
  return Range(first, min(p * stride + dilation * (kernel - 1) + 1 - padding, size));
}

/// How many rows of window p count in its mean.
fn counted(p: u32, size: u32, kernel: u32, stride: u32, padding: u32) -> u32 {
  if (COUNT_PADDING) { return min(p * stride + kernel, size + 2 * padding) - p * stride; }
  let rows = covered(p, size, kernel, stride, padding);
  return rows.end - rows.first;
}

/// What the sum of window (p, q) is divided by.
fn divisor(p: u32, q: u32) -> f32 {
  if (!CUT) { return DIVISOR; }
  return f32(counted(p, params.height, KERNEL_HEIGHT, STRIDE_HEIGHT, params.paddingHeight) *
    counted(q, params.width, KERNEL_WIDTH, STRIDE_WIDTH, params.paddingWidth));
}

/// Which of `windows` contain row (column) h.
fn containing(h: u32, windows: u32, kernel: u32, stride: u32, padding: u32) -> Range {
  let at = h + padding;
  return Range(select((at - kernel) / stride + 1, 0u, at < kernel), min(at / stride + 1, windows));
}

@compute @workgroup_size(WORKGROUP)
fn maxForward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.outWidth;
  let plane = row / params.outHeight;
  let rows = dilated(row - plane * params.outHeight, params.height, KERNEL_HEIGHT, STRIDE_HEIGHT, params.paddingHeight, DILATION_HEIGHT);
  let columns = dilated(i - row * params.outWidth, params.width, KERNEL_WIDTH, STRIDE_WIDTH, params.paddingWidth, DILATION_WIDTH);
  let base = plane * params.height * params.width;
  var winner = rows.first * params.width + columns.first;
  var best = x[base + winner];
  for (var h = rows.first; h < rows.end; h += DILATION_HEIGHT) {
    for (var w = columns.first; w < columns.end; w += DILATION_WIDTH) {
      let at = h * params.width + w;
      let value = x[base + at];
      if (value > best || (is_nan(value) && !is_nan(best))) { best = value; winner = at; }
    }
  }
  y[i] = best;
  won[i] = winner;
}

@compute @workgroup_size(WORKGROUP)
fn maxBackward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let plane = i / (params.height * params.width);
  let place = i - plane * params.height * params.width;
  let h = place / params.width;
  let ps = containing(h, params.outHeight, DILATION_HEIGHT * (KERNEL_HEIGHT - 1) + 1, STRIDE_HEIGHT, params.paddingHeight);
  let qs = containing(place - h * params.width, params.outWidth, DILATION_WIDTH * (KERNEL_WIDTH - 1) + 1, STRIDE_WIDTH, params.paddingWidth);
  var sum = 0.0;
  for (var p = ps.first; p < ps.end; p++) {
    for (var q = qs.first; q < qs.end; q++) {
      let window = (plane * params.outHeight + p) * params.outWidth + q;
      if (winners[window] == place) { sum += dy[window]; }
    }
  }
  dx[i] = sum;
}

/// The rows (columns) from window p, which overlaps no other, to the next: all of them belong to one window.
fn owned(p: u32, windows: u32, size: u32, stride: u32, padding: u32) -> Range {
  return Range(select(max(p * stride, padding) - padding, 0u, p == 0), select((p + 1) * stride - padding, size, p + 1 == windows));
}

@compute @workgroup_size(WORKGROUP)
fn maxBackwardDisjoint(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.outWidth;
  let plane = row / params.outHeight;
  let rows = owned(row - plane * params.outHeight, params.outHeight, params.height, STRIDE_HEIGHT, params.paddingHeight);
  let columns = owned(i - row * params.outWidth, params.outWidth, params.width, STRIDE_WIDTH, params.paddingWidth);
  let base = plane * params.height * params.width;
  let winner = winners[i];
  let gradient = dy[i];
  for (var h = rows.first; h < rows.end; h++) {
    for (var w = columns.first; w < columns.end; w++) {
      let at = h * params.width + w;
      dx[base + at] = select(0.0, gradient, at == winner);
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn avgForward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.outWidth;
  let plane = row / params.outHeight;
  let p = row - plane * params.outHeight;
  let q = i - row * params.outWidth;
  let rows = covered(p, params.height, KERNEL_HEIGHT, STRIDE_HEIGHT, params.paddingHeight);
  let columns = covered(q, params.width, KERNEL_WIDTH, STRIDE_WIDTH, params.paddingWidth);
  let base = plane * params.height * params.width;
  var sum = 0.0;
  for (var h = rows.first; h < rows.end; h++) {
    for (var w = columns.first; w < columns.end; w++) { sum += x[base + h * params.width + w]; }
  }
  y[i] = sum / divisor(p, q);
}

@compute @workgroup_size(WORKGROUP)
fn avgBackward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let plane = i / (params.height * params.width);
  let place = i - plane * params.height * params.width;
  let h = place / params.width;
  let ps = containing(h, params.outHeight, KERNEL_HEIGHT, STRIDE_HEIGHT, params.paddingHeight);
  let qs = containing(place - h * params.width, params.outWidth, KERNEL_WIDTH, STRIDE_WIDTH, params.paddingWidth);
  var sum = 0.0;
  for (var p = ps.first; p < ps.end; p++) {
    for (var q = qs.first; q < qs.end; q++) {
      let gradient = dy[(plane * params.outHeight + p) * params.outWidth + q];
      sum += select(gradient, gradient / divisor(p, q), CUT);
    }
  }
  dx[i] = select(sum / DIVISOR, sum, CUT);
}

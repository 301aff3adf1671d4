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
// that windows which overlap need no atomics; where none do, an invocation takes windows and writes all of dx up to
// the next ones. Of largest elements a CPU's invocation takes a run of windows. Joined with nan.wgsl: a NaN wins, the last of several, as
// in PyTorch.

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
  n: u32,                                       // elements of the result, or runs of `per` windows of a row
  per: u32,
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

/// The windows (p, q) of a plane, q = first … end − 1, that an invocation takes.
struct Run { plane: u32, p: u32, first: u32, end: u32 }

fn run_of(i: u32) -> Run {
  let runs = (params.outWidth + params.per - 1) / params.per;
  let row = i / runs;
  let plane = row / params.outHeight;
  let first = (i - row * runs) * params.per;
  return Run(plane, row - plane * params.outHeight, first, min(first + params.per, params.outWidth));
}

@compute @workgroup_size(WORKGROUP)
fn maxForward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let run = run_of(i);
  let base = run.plane * params.height * params.width;
  let y0 = (run.plane * params.outHeight + run.p) * params.outWidth;
  for (var q = run.first; q < run.end; q++) {
    var best = 0.0;
    var winner = 0u;
    var isEmpty = true;
    for (var j = 0u; j < KERNEL_HEIGHT; j++) {
      let h = run.p * STRIDE_HEIGHT + j * DILATION_HEIGHT - params.paddingHeight;      // above the image, numbers wrap round
      for (var k = 0u; k < KERNEL_WIDTH; k++) {
        let w = q * STRIDE_WIDTH + k * DILATION_WIDTH - params.paddingWidth;
        let at = h * params.width + w;
        let value = x[base + at];
        let isBetter = isEmpty | is_nan(value) | ((value > best) & !is_nan(best));
        let wins = (h < params.height) & (w < params.width) & isBetter;
        best = select(best, value, wins);
        winner = select(winner, at, wins);
        isEmpty = isEmpty & !wins;
      }
    }
    y[y0 + q] = best;
    won[y0 + q] = winner;
  }
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
  let run = run_of(i);
  let base = run.plane * params.height * params.width;
  let y0 = (run.plane * params.outHeight + run.p) * params.outWidth;
  let rows = owned(run.p, params.outHeight, params.height, STRIDE_HEIGHT, params.paddingHeight);
  for (var q = run.first; q < run.end; q++) {
    let winner = winners[y0 + q];
    let gradient = dy[y0 + q];
    let columns = owned(q, params.outWidth, params.width, STRIDE_WIDTH, params.paddingWidth);
    // What most windows have, in loops that unroll; then what is beyond the last ones.
    for (var j = 0u; j < STRIDE_HEIGHT; j++) {
      for (var k = 0u; k < STRIDE_WIDTH; k++) {
        let at = (rows.first + j) * params.width + columns.first + k;
        if ((rows.first + j < rows.end) & (columns.first + k < columns.end)) { dx[base + at] = select(0.0, gradient, at == winner); }
      }
    }
    if ((rows.first + STRIDE_HEIGHT < rows.end) | (columns.first + STRIDE_WIDTH < columns.end)) {
      for (var h = rows.first; h < rows.end; h++) {
        for (var w = select(columns.first, columns.first + STRIDE_WIDTH, h < rows.first + STRIDE_HEIGHT); w < columns.end; w++) {
          let at = h * params.width + w;
          dx[base + at] = select(0.0, gradient, at == winner);
        }
      }
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

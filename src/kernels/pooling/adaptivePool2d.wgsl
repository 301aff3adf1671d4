// Pooling to a given number of rows and columns, x [planes, height, width] → y [planes, outHeight, outWidth]: window
// (p, q) covers the rows ⌊p · height / outHeight⌋ … ⌈(p + 1) · height / outHeight⌉ − 1, and columns likewise. Neighbours
// share a row where the sizes do not go into each other.
//
//   avgForward   y[p, q] = the mean of the window
//   avgBackward  dx[h, w] = Σ dy[p, q] / elements of the window, over the windows that contain (h, w)
//   maxForward   y[p, q] = the largest of the window, the first of equals; winners[p, q] = h · width + w of it
//   maxBackward  dx[h, w] = Σ dy[p, q] over the windows that (h, w) won
//
// One invocation an element of the result. Joined with nan.wgsl, as a NaN wins (the last one, as in PyTorch), and scaled.wgsl.

override WORKGROUP: u32 = 64;

struct Params {
  n: u32,                                       // elements of the result
  height: u32, width: u32, outHeight: u32, outWidth: u32,
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

/// What part p of `parts` covers of `size`; and which of `size` windows contain row p of `parts`.
fn share(p: u32, size: u32, parts: u32) -> Range {
  return Range(scaled(p, size, parts), size - scaled(parts - 1 - p, size, parts));
}

fn lengthOf(range: Range) -> u32 { return range.end - range.first; }

@compute @workgroup_size(WORKGROUP)
fn avgForward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.outWidth;
  let plane = row / params.outHeight;
  let rows = share(row - plane * params.outHeight, params.height, params.outHeight);
  let columns = share(i - row * params.outWidth, params.width, params.outWidth);
  var sum = 0.0;
  for (var h = rows.first; h < rows.end; h++) {
    for (var w = columns.first; w < columns.end; w++) { sum += x[(plane * params.height + h) * params.width + w]; }
  }
  y[i] = sum / f32(lengthOf(rows) * lengthOf(columns));
}

@compute @workgroup_size(WORKGROUP)
fn avgBackward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.width;
  let plane = row / params.height;
  let ps = share(row - plane * params.height, params.outHeight, params.height);
  let qs = share(i - row * params.width, params.outWidth, params.width);
  var sum = 0.0;
  for (var p = ps.first; p < ps.end; p++) {
    let rows = lengthOf(share(p, params.height, params.outHeight));
    for (var q = qs.first; q < qs.end; q++) {
      let columns = lengthOf(share(q, params.width, params.outWidth));
      sum += dy[(plane * params.outHeight + p) * params.outWidth + q] / f32(rows * columns);
    }
  }
  dx[i] = sum;
}

@compute @workgroup_size(WORKGROUP)
fn maxForward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.outWidth;
  let plane = row / params.outHeight;
  let rows = share(row - plane * params.outHeight, params.height, params.outHeight);
  let columns = share(i - row * params.outWidth, params.width, params.outWidth);
  let base = plane * params.height * params.width;
  var winner = rows.first * params.width + columns.first;
  var best = x[base + winner];
  for (var h = rows.first; h < rows.end; h++) {
    for (var w = columns.first; w < columns.end; w++) {
      let at = h * params.width + w;
      let value = x[base + at];
      if (is_nan(value) || (value > best && !is_nan(best))) { best = value; winner = at; }
    }
  }
  y[i] = best;
  won[i] = winner;
}

@compute @workgroup_size(WORKGROUP)
fn maxBackward(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.width;
  let plane = row / params.height;
  let place = i - plane * params.height * params.width;
  let ps = share(row - plane * params.height, params.outHeight, params.height);
  let qs = share(i - row * params.width, params.outWidth, params.width);
  var sum = 0.0;
  for (var p = ps.first; p < ps.end; p++) {
    for (var q = qs.first; q < qs.end; q++) {
      let window = (plane * params.outHeight + p) * params.outWidth + q;
      if (winners[window] == place) { sum += dy[window]; }
    }
  }
  dx[i] = sum;
}

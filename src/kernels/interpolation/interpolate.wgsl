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
// One invocation CHUNK neighbours of a row of the result: on a CPU it is the divisions to find out where it is that cost.
// The gradients look from each element of x at the outputs whose place is near, a few more than those that count, and ask
// each for its weight, by the same arithmetic as forward.

override WORKGROUP: u32 = 64;
override CHUNK: u32 = 1;
override EXACT: bool = false;             // nearest-exact
override CUBIC: bool = false;
override ALIGNED: bool = false;           // corners

const A = -0.75;

struct Params {
  planes: u32, rows: u32, columns: u32, chunks: u32,      // of the result; chunks a row
  sourceRows: u32, sourceColumns: u32,
  scaleHeight: f32, scaleWidth: f32,
  inverseHeight: f32, inverseWidth: f32,                  // 1 / scale
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

/// Keys' cubic convolution.
fn keys(distance: f32) -> f32 {
  let d = abs(distance);
  let inner = ((A + 2) * d - (A + 3)) * d * d + 1;
  let outer = ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
  return select(select(0.0, outer, d < 2), inner, d <= 1);
}

/// The weight of a row that is so far from a place.
fn plainWeight(distance: f32) -> f32 {
  if (CUBIC) { return keys(distance); }
  return 1 - abs(distance);
}

/// The weight of row h of `size` at the place s: what is beyond the border is the border's.
fn weightOf(h: u32, s: f32, size: u32) -> f32 {
  let at = f32(h);
  if (!CUBIC) { return max(0.0, 1 - abs(min(s, f32(size - 1)) - at)); }
  var w = keys(s - at);
  w += select(0.0, keys(s + 1) + keys(s + 2), h == 0);
  w += select(0.0, keys(s - at - 1) + keys(s - at - 2), h == size - 1);
  return w;
}

/// A range of positions: first … end − 1.
struct Range { first: u32, end: u32 }

/// The rows of the result whose place is from `low` to `high`, and some around them.
fn around(low: f32, high: f32, outSize: u32, inverse: f32) -> Range {
  let first = u32(clamp(floor(low * inverse) - 1, 0.0, f32(outSize)));
  let end = u32(clamp(ceil(high * inverse) + 1, 0.0, f32(outSize)));
  return Range(first, end);
}

/// What has a weight of row h: places are less than half a row beyond the border.
fn readers(h: u32, outSize: u32, inverse: f32) -> Range {
  let reach = select(1.0, 2.0, CUBIC);
  let half = select(0.5, 0.0, ALIGNED);
  return around(f32(h) - reach + half, f32(h) + reach + half, outSize, inverse);
}

/// What an invocation computes: columns `first` … of a row. Invocations past the end repeat the last one.
struct Part { plane: u32, row: u32, first: u32, line: u32, isOver: bool }

fn partOf(index: u32) -> Part {
  let count = params.planes * params.rows * params.chunks;
  let i = min(index, count - 1);
  let line = i / params.chunks;
  let plane = line / params.rows;
  return Part(plane, line - plane * params.rows, (i - line * params.chunks) * CHUNK, line * params.columns, index >= count);
}

@compute @workgroup_size(WORKGROUP)
fn nearest(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let part = partOf((wid.y * groups.x + wid.x) * WORKGROUP + lid);
  let h = nearestRow(part.row, params.sourceRows, params.scaleHeight);
  let base = (part.plane * params.sourceRows + h) * params.sourceColumns;
  for (var k = 0u; k < CHUNK; k++) {
    let q = part.first + k;
    let value = source[base + nearestRow(q, params.sourceColumns, params.scaleWidth)];
    if (q < params.columns && !part.isOver) { result[part.line + q] = value; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn nearestGradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let part = partOf((wid.y * groups.x + wid.x) * WORKGROUP + lid);
  if (part.isOver) { return; }
  let h = part.row;
  let ps = around(f32(h), f32(h + 1), params.sourceRows, params.inverseHeight);
  for (var w = part.first; w < min(part.first + CHUNK, params.columns); w++) {
    let qs = around(f32(w), f32(w + 1), params.sourceColumns, params.inverseWidth);
    var sum = 0.0;
    for (var p = ps.first; p < ps.end; p++) {
      if (nearestRow(p, params.rows, params.scaleHeight) != h) { continue; }
      for (var q = qs.first; q < qs.end; q++) {
        if (nearestRow(q, params.columns, params.scaleWidth) != w) { continue; }
        sum += source[(part.plane * params.sourceRows + p) * params.sourceColumns + q];
      }
    }
    result[part.line + w] = sum;
  }
}

@compute @workgroup_size(WORKGROUP)
fn smoothed(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let part = partOf((wid.y * groups.x + wid.x) * WORKGROUP + lid);
  let top = place(part.row, params.scaleHeight);
  let most = vec2i(i32(params.sourceRows), i32(params.sourceColumns)) - 1;
  let near = select(0, 1, CUBIC);           // rows read before ⌊s⌋
  for (var c = 0u; c < CHUNK; c++) {
    let q = part.first + c;
    let left = place(q, params.scaleWidth);
    var sum = 0.0;
    for (var j = -near; j < 2 + near; j++) {
      let row = i32(floor(top)) + j;
      let h = u32(clamp(row, 0, most.x));
      var line = 0.0;
      for (var k = -near; k < 2 + near; k++) {
        let column = i32(floor(left)) + k;
        let w = u32(clamp(column, 0, most.y));
        line += plainWeight(left - f32(column)) * source[(part.plane * params.sourceRows + h) * params.sourceColumns + w];
      }
      sum += plainWeight(top - f32(row)) * line;
    }
    if (q < params.columns && !part.isOver) { result[part.line + q] = sum; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn smoothedGradient(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let part = partOf((wid.y * groups.x + wid.x) * WORKGROUP + lid);
  if (part.isOver) { return; }
  let h = part.row;
  let ps = readers(h, params.sourceRows, params.inverseHeight);
  for (var w = part.first; w < min(part.first + CHUNK, params.columns); w++) {
    let qs = readers(w, params.sourceColumns, params.inverseWidth);
    var sum = 0.0;
    for (var q = qs.first; q < qs.end; q++) {
      let across = weightOf(w, place(q, params.scaleWidth), params.columns);
      if (across == 0) { continue; }
      var column = 0.0;
      for (var p = ps.first; p < ps.end; p++) {
        let down = weightOf(h, place(p, params.scaleHeight), params.rows);
        if (down != 0) { column += down * source[(part.plane * params.sourceRows + p) * params.sourceColumns + q]; }
      }
      sum += across * column;
    }
    result[part.line + w] = sum;
  }
}

// Overlapping frames of rows, and the rows that frames add up to. Each is the other's transpose: what one does to values,
// the other does to their gradients.
//
//   cut   frames[c, f, n] = rows[c, |f · hop + n - pad|],   n < length
//   add   rows[c, r, t] = sum over f, n with |f · hop + n - pad| = t of frames[c, f, r, n]
//
// where |p| mirrors p at the row's ends, neither of which is repeated, and pad is less than the row's length: position
// t + pad of the padded row holds t, and so do its mirror images pad - t and pad + 2 (samples - 1) - t where there are any.
//
// rows [clips, middle, samples], frames [clips, count, middle, length]; `cut` has no middle.

override WORKGROUP: u32 = 64;

struct Params { n: u32, samples: u32, middle: u32, count: u32, length: u32, hop: u32, pad: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn cut(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let frame = i / params.length;                      // c · count + f
  let n = i - frame * params.length;
  let c = frame / params.count;
  let f = frame - c * params.count;
  let last = i32(params.samples) - 1;
  let t = last - abs(last - abs(i32(f * params.hop + n) - i32(params.pad)));
  y[i] = x[c * params.samples + u32(t)];
}

// What the frames of a row have at position p of the padded row.
fn at(c: u32, r: u32, p: u32) -> f32 {
  var f = 0u;                                         // the first frame that reaches p
  if (p >= params.length) { f = (p - params.length) / params.hop + 1; }
  var sum = 0.0;
  for (; f < params.count && f * params.hop <= p; f++) {
    sum += x[((c * params.count + f) * params.middle + r) * params.length + p - f * params.hop];
  }
  return sum;
}

@compute @workgroup_size(WORKGROUP)
fn add(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lid: u32) {
  let i = (wid.y * groups.x + wid.x) * WORKGROUP + lid;
  if (i >= params.n) { return; }
  let row = i / params.samples;
  let t = i - row * params.samples;
  let c = row / params.middle;
  let r = row - c * params.middle;
  let last = params.samples - 1;
  var sum = at(c, r, t + params.pad);
  if (t > 0 && t <= params.pad) { sum += at(c, r, params.pad - t); }
  if (t < last && last - t <= params.pad) { sum += at(c, r, params.pad + 2 * last - t); }
  y[i] = sum;
}

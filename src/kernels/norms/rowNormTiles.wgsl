// Rows of few elements for adapters whose subgroups have 8 lanes, of rowNorm.wgsl, to which it is joined, with lanes.wgsl: a subgroup has a row, of which
// each lane keeps TILE vec4s in registers, eight vec4s apart. So what is read is read once, and weights once for all rows of a
// workgroup, params.each of them.

@compute @workgroup_size(8)
fn forwardTile(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let n4 = params.n / 4;
  //: for t in 0..TILE
  let there$t = vec4<bool>(${8 * t} + lane < n4);
  let at$t = min(${8 * t} + lane, n4 - 1);          // what is read beyond the end is left out of sums, and not stored
  let weight$t = weight4_of(at$t);
  var bias$t = vec4f(0);
  if (BIAS) { bias$t = bias4_at(at$t); }
  //: end
  let first = (wid.y * groups.x + wid.x) * params.each;
  let end = min(first + params.each, params.samples);
  for (var row = first; row < end; row++) {
    let base = row * n4;
    //: for t in 0..TILE
    var x$t = x4_at(base + at$t);
    //: end
    var mean = 0.0;
    if (CENTRED) {
      let pivot = subgroupShuffle(x0.x, 0u);
      var sum = vec4f(0);
      //: for t in 0..TILE
      x$t -= pivot;
      sum += select(vec4f(0), x$t, there$t);
      //: end
      mean = over_subgroup(sum) / f32(params.n);
    }
    var squares = vec4f(0);
    //: for t in 0..TILE
    x$t -= mean;
    squares += select(vec4f(0), x$t * x$t, there$t);
    //: end
    let scale = 1 / sqrt(over_subgroup(squares) / f32(params.n) + params.eps);
    if (lane == 0) { rows[row] = Row(mean, scale); }
    //: for t in 0..TILE
    if (there$t.x) { y4[base + at$t] = x$t * scale * weight$t + bias$t; }
    //: end
  }
}

fn gradient_of_rows(group: u32, lane: u32) {
  let n4 = params.n / 4;
  //: for t in 0..TILE
  let there$t = vec4<bool>(${8 * t} + lane < n4);
  let at$t = min(${8 * t} + lane, n4 - 1);
  let weight$t = weight4_of(at$t);
  //: end
  let first = group * params.each;
  let end = min(first + params.each, params.samples);
  for (var row = first; row < end; row++) {
    let base = row * n4;
    let found = known[row];
    //: for t in 0..TILE
    var x$t = x4_at(base + at$t);
    let g$t = dy4_at(base + at$t) * weight$t;
    //: end
    let pivot = select(0.0, subgroupShuffle(x0.x, 0u), CENTRED);
    var sumG = vec4f(0);
    var sumGX = vec4f(0);
    //: for t in 0..TILE
    x$t = ((x$t - pivot) - found.mean) * found.scale;
    sumG += select(vec4f(0), g$t, there$t);
    sumGX += select(vec4f(0), g$t * x$t, there$t);
    //: end
    let meanG = select(0.0, over_subgroup(sumG) / f32(params.n), CENTRED);
    let meanGX = over_subgroup(sumGX) / f32(params.n);
    //: for t in 0..TILE
    if (there$t.x) {
      var d = found.scale * (g$t - (meanG + x$t * meanGX));
      if (ADD) { d += dx4[base + at$t]; }
      dx4[base + at$t] = d;
    }
    //: end
  }
}

@compute @workgroup_size(8)
fn gradientTile(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  gradient_of_rows(wid.y * groups.x + wid.x, lane);
}

/// As allFours.
@compute @workgroup_size(8)
fn allTile(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let group = wid.y * groups.x + wid.x;
  let sums = group / params.every;
  if (group % params.every == 0 && sums < params.sumGroups) { totals_of_four(sums * 8 + lane); }
  else { gradient_of_rows(group - min(sums + 1, params.sumGroups), lane); }
}

// y = f(x) and dx = dy · f'(x), element by element, four to a vec4; the tail of the last four falls into padding. Joined to
// programs of functions of one element, which have f, its derivative df, MASKS, which says of which functions a slope of 0
// lets nothing through, not even an infinite gradient (0 · ∞ is NaN), and the entry points; OP picks a function, and `a`,
// `b` and `c` are its parameters.

override OP: u32;
override WORKGROUP: u32 = 64;

struct Params { n4: u32, per: u32, a: f32, b: f32, c: f32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;       // gradient: dx
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

/// What invocation `lid` of a workgroup does.
fn apply(group: u32, lid: u32) {
  let first = group * WORKGROUP * params.per + lid;
  let end = min(first + WORKGROUP * params.per, params.n4);
  for (var i = first; i < end; i += WORKGROUP) {
    let v = x[i];
    y[i] = vec4f(f(v.x), f(v.y), f(v.z), f(v.w));
  }
}

/// The same of the gradient.
fn apply_slopes(group: u32, lid: u32) {
  let first = group * WORKGROUP * params.per + lid;
  let end = min(first + WORKGROUP * params.per, params.n4);
  for (var i = first; i < end; i += WORKGROUP) {
    let v = x[i];
    let slope = vec4f(df(v.x), df(v.y), df(v.z), df(v.w));
    y[i] = select(dy[i] * slope, vec4f(0), vec4<bool>(MASKS) & (slope == vec4f(0)));
  }
}

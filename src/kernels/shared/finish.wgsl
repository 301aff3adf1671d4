// What a product or a convolution does to its elements before it stores them: f(v + other), f being one of a few functions
// (elementwise/unary.wgsl and activations.wgsl say the same of arrays that lie there already). Joined, with nan.wgsl, to programs
// whose Params have `finish`, which picks f, its `finishA` and `finishB`, and `adds`: whether there is an `other`. Programs that
// mostly store have f written into them instead (finishedBy in unfinished.ts).

const FINISH_RELU = 1u; const FINISH_LEAKY_RELU = 2u; const FINISH_CLAMP = 3u; const FINISH_SIGMOID = 4u;
const FINISH_HARDSWISH = 5u; const FINISH_HARDSIGMOID = 6u;

fn finished(v: vec4f) -> vec4f {
  if (params.finish == 0) { return v; } // a CPU's driver jumps over what follows, of which it would compute the short cases all
  switch params.finish {
    case FINISH_RELU: { return select(v, vec4f(0), (v < vec4f(0)) & !is_nan4(v)); }
    case FINISH_LEAKY_RELU: { return select(params.finishA * v, v, v > vec4f(0)); }
    case FINISH_CLAMP: { return select(clamp(v, vec4f(params.finishA), vec4f(params.finishB)), v, is_nan4(v)); }
    case FINISH_SIGMOID: {
      let e = exp_of4(-abs(v));
      return select(e, vec4f(1), v >= vec4f(0)) / (1 + e);
    }
    case FINISH_HARDSWISH: { return select(v * clamp(v + 3, vec4f(0), vec4f(6)) / 6, v, is_nan4(v)); }
    case FINISH_HARDSIGMOID: { return select(clamp(v + 3, vec4f(0), vec4f(6)) / 6, v, is_nan4(v)); }
    default: { return v; }
  }
}

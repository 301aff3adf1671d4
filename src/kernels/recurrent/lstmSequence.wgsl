// A layer of long short-term memory, all of its steps in one launch: lstm.wgsl, which has the mathematics, with the matrix
// products between its steps. For CPU adapters and small layers, whose launches of a step each take longer than what they do.
//
// A workgroup has ROWS sequences of the batch and nobody else's, so that its steps need only wait for each other; the last
// one's sequences may be the same one several times. An invocation has four units at a time, a vec4 of each gate. What it adds
// up lies in registers: unroll.ts writes the program out for ROWS. Sequences are a multiple of four units wide. Every step
// reads all of W', from a texture: a CPU's driver loads a vec4 from one at a quarter of the cost (see matmulTexture.wgsl).
// What all invocations read of states and gradients, with SHARED 1 each of them reads a part of, QUADS vec4s of ROWS
// sequences, and hands it round: a workgroup is a subgroup of 8 then. BACK: vec4s of gradients a turn, a divisor of 4.
//
// p4, gates4: [steps, batch, 4 · hidden]; states4: h and then c, each [steps + 1, batch, hidden]. Joined with nan.wgsl.

override WORKGROUP: u32 = 8;
override REVERSE: bool = false;
override BIAS: bool = false;
override FIRST: bool = false;      // whether the first state's gradient is wanted

struct Params { steps: u32, batch: u32, quads: u32 }      // quads: hidden / 4


@group(1) @binding(0) var<uniform> params: Params;

/// Rows of the states that a step begins with and makes.
struct Step { at: u32, before: u32, now: u32 }

fn step_of(t: u32) -> Step {
  let at = select(t, params.steps - 1 - t, REVERSE);
  return Step(at, at + u32(REVERSE), at + u32(!REVERSE));
}

fn row_of(group: u32, r: u32) -> u32 { return min(group * $ROWS + r, params.batch - 1); }

fn sigmoid4(x: vec4f) -> vec4f {
  let e = exp_of4(-abs(x));                                  // cannot overflow
  return select(vec4f(1), e, x < vec4f(0)) / (1 + e);
}

fn hyperbolic_tangent4(x: vec4f) -> vec4f {
  let e = exp_of4(-2 * abs(x));
  return sign(x) * (1 - e) / (1 + e);
}

// ---- forward

@group(0) @binding(0) var<storage, read> p4: array<vec4f>;
// W'ᵀ [hidden, 4 · hidden]
@group(0) @binding(1) var across4: texture_storage_2d<rgba32float, read>;
fn across_at(i: u32) -> vec4f { return textureLoad(across4, texel(i)); }   // see shared/texel.wgsl
@group(0) @binding(2) var<storage, read> bias4: array<vec4f>;              // b', where there is one
@group(0) @binding(3) var<storage, read_write> states4: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gates4: array<vec4f>;

fn bias_of(at: u32) -> vec4f {
  if (BIAS) { return bias4[at]; }
  return vec4f(0);
}

@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
  let Q = params.quads;
  let rows = min($ROWS, params.batch - wid.x * $ROWS);      // not known to the driver, which would write the loops out
  let cells = (params.steps + 1) * params.batch * Q;         // where c begins
  var sums: array<mat4x4f, $ROWS>;                           // a column a gate
  //: for r in 0..ROWS
  let row$r = row_of(wid.x, $r);
  //: end
  let ownRow = row_of(wid.x, lid % $ROWS);
  for (var t = 0u; t < params.steps; t++) {
    let step = step_of(t);
    for (var first = 0u; first < Q; first += WORKGROUP) {
      let quad = min(first + lid, Q - 1);
      //: for r in 0..ROWS
      let h$r = (step.before * params.batch + row$r) * Q;
      //: for g in 0..4
      var sum${r}_$g = vec4f(0);
      //: end
      //: end
      for (var k = 0u; k < Q; k += $QUADS) {
        //: for shared in 0..SHARED
        let own = states4[(step.before * params.batch + ownRow) * Q + min(k + lid / $ROWS, Q - 1)];
        //: end
        //: for q in 0..QUADS
        if (k + $q < Q) {
          //: for shared in 0..SHARED
          //: for r in 0..ROWS
          let x$r = subgroupShuffle(own, ${q * ROWS + r}u);
          //: end
          //: end
          //: for alone in SHARED..1
          //: for r in 0..ROWS
          let x$r = states4[h$r + k];
          //: end
          //: end
          let at = 16 * (k + $q) * Q + quad;
          //: for g in 0..4
          //: for c in 0..4
          let w${c}_$g = across_at(at + ${4 * c + g} * Q);
          //: end
          //: for r in 0..ROWS
          //: for c in 0..4
          sum${r}_$g = fma(vec4f(x$r[$c]), w${c}_$g, sum${r}_$g);
          //: end
          //: end
          //: end
        }
        //: end
      }
      //: for r in 0..ROWS
      sums[$r] = mat4x4f(sum${r}_0, sum${r}_1, sum${r}_2, sum${r}_3);
      //: end
      let mine = select(0, rows, first + lid < Q);
      for (var r = 0u; r < mine; r++) {
        let row = wid.x * $ROWS + r;
        let place = (step.at * params.batch + row) * 4 * Q + quad;
        let sum = sums[r];
        //: for g in 0..4
        let all$g = sum[$g] + p4[place + $g * Q] + bias_of(quad + $g * Q);
        //: end
        let i = sigmoid4(all0);
        let f = sigmoid4(all1);
        let g = hyperbolic_tangent4(all2);
        let o = sigmoid4(all3);
        let c = f * states4[cells + (step.before * params.batch + row) * Q + quad] + i * g;
        let now = (step.now * params.batch + row) * Q + quad;
        states4[cells + now] = c;
        states4[now] = o * hyperbolic_tangent4(c);
        gates4[place] = i;
        gates4[place + Q] = f;
        gates4[place + 2 * Q] = g;
        gates4[place + 3 * Q] = o;
      }
    }
    storageBarrier();                                        // the next step reads all of this one's h
  }
}

// ---- backward

@group(0) @binding(0) var<storage, read> known_states4: array<vec4f>;
@group(0) @binding(1) var<storage, read> known_gates4: array<vec4f>;
@group(0) @binding(2) var<storage, read> d_states4: array<vec4f>;
// W' [4 · hidden, hidden]
@group(0) @binding(3) var weight4: texture_storage_2d<rgba32float, read>;
fn weight_at(i: u32) -> vec4f { return textureLoad(weight4, texel(i)); }
@group(0) @binding(4) var<storage, read_write> dh4: array<vec4f>;          // by way of q of the step behind; [batch, hidden]
@group(0) @binding(5) var<storage, read_write> carried4: array<vec4f>;     // dc of the step behind; [batch, hidden]
@group(0) @binding(6) var<storage, read_write> dp4: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(workgroup_id) wid: vec3u, @builtin(local_invocation_index) lid: u32) {
  let Q = params.quads;
  let rows = min($ROWS, params.batch - wid.x * $ROWS);      // not known to the driver, which would write the loops out
  let cells = (params.steps + 1) * params.batch * Q;
  //: for r in 0..ROWS
  let row$r = row_of(wid.x, $r);
  //: end
  let ownRow = row_of(wid.x, lid % $ROWS);
  for (var t = params.steps; t > 0; t--) {
    let step = step_of(t - 1);
    let last = t == params.steps;
    for (var quad = lid; quad < Q; quad += WORKGROUP) {
      for (var r = 0u; r < rows; r++) {
        let row = wid.x * $ROWS + r;
        let now = (step.now * params.batch + row) * Q + quad;
        let place = (step.at * params.batch + row) * 4 * Q + quad;
        var d_h = d_states4[now];
        var d_c = d_states4[cells + now];
        if (!last) { d_h += dh4[row * Q + quad]; d_c += carried4[row * Q + quad]; }
        let i = known_gates4[place];
        let f = known_gates4[place + Q];
        let g = known_gates4[place + 2 * Q];
        let o = known_gates4[place + 3 * Q];
        let c_before = known_states4[cells + (step.before * params.batch + row) * Q + quad];
        let bent = hyperbolic_tangent4(known_states4[cells + now]);
        d_c += d_h * o * (1 - bent * bent);
        carried4[row * Q + quad] = d_c * f;
        dp4[place] = d_c * g * i * (1 - i);
        dp4[place + Q] = d_c * c_before * f * (1 - f);
        dp4[place + 2 * Q] = d_c * i * (1 - g * g);
        dp4[place + 3 * Q] = d_h * bent * o * (1 - o);
      }
    }
    storageBarrier();                                        // the sums take all units' dp
    if (t == 1 && !FIRST) { continue; }
    // Two quads at a time: what is read of dp is used twice.
    for (var first = 0u; first < Q; first += 2 * WORKGROUP) {
      let quad = min(first + lid, Q - 1);
      let other = min(first + lid + WORKGROUP, Q - 1);
      //: for r in 0..ROWS
      let at$r = (step.at * params.batch + row$r) * 4 * Q;
      var sum$r = vec4f(0);
      var more$r = vec4f(0);
      //: end
      for (var j = 0u; j < 4 * Q; j += $BACK) {
        //: for shared in 0..SHARED
        let own = dp4[(step.at * params.batch + ownRow) * 4 * Q + j + lid / $ROWS % $BACK];
        //: end
        //: for q in 0..BACK
        {
          //: for shared in 0..SHARED
          //: for r in 0..ROWS
          let d$r = subgroupShuffle(own, ${q * ROWS + r}u);
          //: end
          //: end
          //: for alone in SHARED..1
          //: for r in 0..ROWS
          let d$r = dp4[at$r + j];
          //: end
          //: end
          //: for c in 0..4
          let w$c = weight_at((4 * j + ${4 * q + c}) * Q + quad);
          let v$c = weight_at((4 * j + ${4 * q + c}) * Q + other);
          //: end
          //: for r in 0..ROWS
          //: for c in 0..4
          sum$r = fma(vec4f(d$r[$c]), w$c, sum$r);
          //: end
          //: for c in 0..4
          more$r = fma(vec4f(d$r[$c]), v$c, more$r);
          //: end
          //: end
        }
        //: end
      }
      //: for r in 0..ROWS
      dh4[row$r * Q + quad] = sum$r;
      dh4[row$r * Q + other] = more$r;
      //: end
    }
    storageBarrier();                                        // who takes dh on need not be who summed it
  }
}

// Says what the derivatives of Tensor's own operations are, once loaded. Those of nn's and audio's functions stand beside
// the functions.
import "./elementwise.ts";
import "./functions.ts";
import "./linear.ts";
import "./reductions.ts";

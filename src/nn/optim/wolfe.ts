// A line search that ends where the strong Wolfe conditions hold (Nocedal & Wright 2006, algorithms 3.5 and 3.6), with
// cubic interpolation: torch.optim's.

/** A point on the line: how far along it, the loss there, its gradient, and that along the line. */
export interface Point {
  t: number;
  loss: number;
  gradient: Float64Array;
  slope: number;
}

const ENOUGH_DECREASE = 1e-4;
const ENOUGH_CURVATURE = 0.9;
const MOST_EVALUATIONS = 25;

/** Where the cubic through two points with their slopes is least, within bounds. */
function cubicMinimum(a: Point, b: Point, bounds?: readonly [number, number]): number {
  const [low, high] = bounds ?? (a.t <= b.t ? [a.t, b.t] : [b.t, a.t]);
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.t - b.t);
  const square = d1 ** 2 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = Math.sqrt(square);
  const least =
    a.t <= b.t
      ? b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
      : a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2));
  return Math.min(Math.max(least, low), high);
}

/**
 * Searches from `start` (t = 0), first at `t`. `evaluate` gives the point at a t; `reach` is the largest element of the
 * direction.
 */
export async function strongWolfe(
  evaluate: (t: number) => Promise<Point>,
  start: Point,
  t: number,
  reach: number,
  toleranceChange: number,
): Promise<{ point: Point; evaluations: number }> {
  const isSteep = ({ t, loss }: Point) => loss > start.loss + ENOUGH_DECREASE * t * start.slope;
  const isFlat = ({ slope }: Point) => Math.abs(slope) <= -ENOUGH_CURVATURE * start.slope;
  let point = await evaluate(t);
  let evaluations = 1;
  let before = start;

  // Goes on until the point is good, or one that is lies between it and the one before.
  let bracket: Point[] | null = null;
  let iterations = 0;
  while (iterations < MOST_EVALUATIONS) {
    if (isSteep(point) || (iterations > 1 && point.loss >= before.loss)) bracket = [before, point];
    else if (isFlat(point)) return { point, evaluations };
    else if (point.slope >= 0) bracket = [before, point];
    if (bracket !== null) break;
    const next = cubicMinimum(before, point, [point.t + 0.01 * (point.t - before.t), point.t * 10]);
    before = point;
    point = await evaluate(next);
    evaluations++;
    iterations++;
  }
  bracket ??= [start, point];

  // Narrows it.
  let [low, high] = bracket[0]!.loss <= bracket[1]!.loss ? [0, 1] : [1, 0];
  let stuck = false;
  while (iterations < MOST_EVALUATIONS) {
    const [a, b] = bracket as [Point, Point];
    if (Math.abs(b.t - a.t) * reach < toleranceChange) break;
    let next = cubicMinimum(a, b);
    const [left, right] = [Math.min(a.t, b.t), Math.max(a.t, b.t)];
    const margin = 0.1 * (right - left);
    if (Math.min(right - next, next - left) < margin) {
      // Close to the edge: once is borne.
      if (stuck || next >= right || next <= left) {
        next = Math.abs(next - right) < Math.abs(next - left) ? right - margin : left + margin;
        stuck = false;
      } else stuck = true;
    } else stuck = false;
    point = await evaluate(next);
    evaluations++;
    iterations++;
    if (isSteep(point) || point.loss >= bracket[low]!.loss) {
      bracket[high] = point;
      [low, high] = bracket[0]!.loss <= bracket[1]!.loss ? [0, 1] : [1, 0];
      continue;
    }
    const done = isFlat(point);
    if (!done && point.slope * (bracket[high]!.t - bracket[low]!.t) >= 0) bracket[high] = bracket[low]!;
    bracket[low] = point;
    if (done) break;
  }
  return { point: bracket[low]!, evaluations };
}

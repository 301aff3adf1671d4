// For tests of compile: whether a body is run.

/** Counts how often a body runs. */
export function counted<I extends unknown[], O>(body: (...inputs: I) => O) {
  const runs = { count: 0 };
  const counting = (...inputs: I): O => {
    runs.count++;
    return body(...inputs);
  };
  return { runs, counting };
}

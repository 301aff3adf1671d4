// The drawn cases of recurrent layers, for gradientCases.ts.
import type { DrawnCases } from "./normCases.ts";
import { Random } from "./random.ts";
import * as recurrent from "./recurrent.ts";
import type { Reference } from "./reference.ts";

const r = new Random(601);

/** p, W', the first state and perhaps b', for layers of some steps, batches and units. */
function drawn(
  name: string,
  reference: Reference<recurrent.RecurrentAttrs>,
  gates: number,
  states: number,
): DrawnCases {
  const cases = [
    { sizes: [1, 1, 1], reverse: false, bias: true, relu: false },
    { sizes: [3, 2, 3], reverse: false, bias: false, relu: true },
    { sizes: [4, 1, 2], reverse: true, bias: true, relu: false },
    { sizes: [2, 3, 1], reverse: true, bias: false, relu: true },
  ].map(({ sizes, ...attrs }) => {
    const [steps, batch, hidden] = sizes as [number, number, number];
    const inputs = [
      r.array([steps, batch, gates * hidden]),
      r.array([gates * hidden, hidden]),
      r.array([states, batch, hidden]),
      ...(attrs.bias ? [r.array([gates * hidden])] : []),
    ];
    return { inputs, attrs };
  });
  return { name, reference: reference as Reference<unknown>, withoutGradient: [], cases };
}

export const recurrentCases: DrawnCases[] = [
  drawn("lstm", recurrent.lstm, 4, 2),
  drawn("gru", recurrent.gru, 3, 1),
  drawn("rnn", recurrent.rnn, 1, 1),
];

// Transfer learning: a network that was trained on AudioSet, and dense layers that learn what else there is on what it knows.
// As many of its blocks as the settings say learn too; what those before them make of a sound is an example, computed once.
import { cat, F, nn, noGrad, type Tensor } from "../../../index.ts";
import type { FeatureExtractor } from "../../features/extractor.ts";
import type { NetworkOf } from "../../recipes/recipe.ts";
import type { NetworkKind } from "./kind.ts";

type Settings = NetworkOf<"transfer">;

/** Pictures that go through the frozen blocks at once; more would only take more memory. */
const PICTURES_AT_ONCE = 16;

/** What the frozen blocks make of a picture → log-probabilities `[n, classes]`. */
export class Transfer extends nn.Module<[Tensor], Tensor> {
  readonly network: nn.MN;
  readonly head: nn.Sequential;
  /** How many blocks are frozen. With all of them, the examples are embeddings. */
  private readonly frozenBlocks: number;
  private readonly blockCount: number;

  constructor({ width, tunes, hidden, dropout }: Settings, classes: number) {
    super();
    this.network = new nn.MN({ width });
    this.blockCount = this.network.features.layers.length;
    this.frozenBlocks = tunes === "all" ? 0 : this.blockCount - tunes;
    const sizes = [this.network.embeddingSize, ...hidden, classes];
    this.head = new nn.Sequential(
      ...sizes
        .slice(1)
        .flatMap((outputs, i) => [
          ...(i > 0 ? [new nn.ReLU()] : []),
          ...(dropout > 0 ? [new nn.Dropout(dropout)] : []),
          new nn.Linear(sizes[i]!, outputs),
        ]),
    );
    this.network.requiresGrad_(false);
    for (const block of this.network.features.layers.slice(this.frozenBlocks)) block.requiresGrad_();
  }

  forward(x: Tensor): Tensor {
    return F.logSoftmax(this.head.forward(this.embedding(x)), 1);
  }

  private embedding(x: Tensor): Tensor {
    const { network, frozenBlocks, blockCount } = this;
    return frozenBlocks === blockCount ? x : network.pool(network.blocks(x, frozenBlocks));
  }

  /** Pictures `[n, 1, bands, frames]` → what the frozen blocks make of them. */
  frozen(pictures: Tensor): Tensor {
    const { network, frozenBlocks, blockCount } = this;
    const made = network.blocks(pictures, 0, frozenBlocks);
    return frozenBlocks === blockCount ? network.pool(made) : made;
  }

  /** Batch norm keeps the statistics of AudioSet, also in blocks that learn: a few clips tell no better ones. */
  override train(mode = true): this {
    super.train(mode);
    this.network.eval();
    return this;
  }

  /** The weights that the frozen blocks compute with. */
  frozenWeights(): nn.StateDict {
    const blocks = this.network.features.layers.slice(0, this.frozenBlocks);
    return Object.fromEntries(
      blocks.flatMap((block, i) =>
        Object.entries(block.stateDict()).map(([name, weight]) => [`${i}.${name}`, weight]),
      ),
    );
  }

  /** The shape of what the frozen blocks make of a picture. */
  exampleShape(picture: readonly number[]): readonly number[] {
    if (this.frozenBlocks === this.blockCount) return [this.network.embeddingSize];
    return shapesBehind(this.network.features.layers.slice(0, this.frozenBlocks), picture).at(-1)!;
  }
}

/** The shape of a picture `[channels, height, width]` as it is given, and behind each convolution of modules in a row. */
function shapesBehind(modules: readonly nn.AnyModule[], picture: readonly number[]): (readonly number[])[] {
  const shapes = [picture];
  for (const each of modules.flatMap((module) => module.modules())) {
    if (!(each instanceof nn.Conv2d)) continue;
    const [, height, width] = shapes.at(-1)! as [number, number, number];
    // Padding keeps the size, but for the stride.
    const stride = each.options.stride as number;
    shapes.push([each.outChannels, Math.ceil(height / stride), Math.ceil(width / stride)]);
  }
  return shapes;
}

function asTransfer(model: nn.Module<[Tensor], Tensor>): Transfer {
  if (model instanceof Transfer) return model;
  throw new Error("the network is not one of transfer learning");
}

export const transfer: NetworkKind<Settings> = {
  standardized: false,

  extractor(model, plain): FeatureExtractor {
    const network = asTransfer(model);
    return {
      frontEnd: plain.frontEnd,
      shape: network.exampleShape(plain.shape),
      extract(segments) {
        return noGrad(() => {
          const count = segments.shape[0]!;
          const parts: Tensor[] = [];
          for (let from = 0; from < count; from += PICTURES_AT_ONCE) {
            const some = segments.narrow(0, from, Math.min(PICTURES_AT_ONCE, count - from));
            parts.push(network.frozen(plain.extract(some)));
          }
          return parts.length === 1 ? parts[0]! : cat(parts);
        });
      },
      weights: () => network.frozenWeights(),
    };
  },

  input: (examples) => examples,

  build(settings, _shape, classes, base) {
    const model = new Transfer(settings, classes);
    if (base !== null) model.network.loadStateDict(base);
    return model.train();
  },

  widest({ width, tunes, hidden }, picture) {
    const network = nn.utils.skipInit(() => new nn.MN({ width }));
    const { layers } = network.features;
    const learned = tunes === "all" ? layers.length : tunes;
    const sizes = shapesBehind(layers, picture).map((shape) => shape.reduce((product, n) => product * n, 1));
    return Math.max(network.embeddingSize, ...hidden, ...(learned === 0 ? [] : sizes));
  },
};

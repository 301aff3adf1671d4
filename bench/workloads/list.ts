// What otograd and its peers are timed on: networks that people bring, each at a size that a step of every system bears. What a
// network is made of stands in models.ts; its first weights and what it is given go to every system as one file.

export type ModelName = "mlp" | "lenet" | "piczak" | "lstm" | "gpt" | "envnet" | "mn04" | "unet";

/** How a network's weights are updated; inference has none. */
export type Training =
  | { optimizer: "adam"; lr: number }
  | { optimizer: "nesterov"; lr: number; momentum: number; weightDecay: number };

export interface Workload {
  /** What --workloads calls it. */
  id: string;
  title: string;
  model: ModelName;
  batch: number;
  /** null: a batch goes through the network, and its outputs are read. */
  training: Training | null;
  /** Steps drop units out: they are another program than the check, which does not. */
  dropout?: true;
}

const ADAM: Training = { optimizer: "adam", lr: 0.001 };
const NESTEROV: Training = { optimizer: "nesterov", lr: 0.002, momentum: 0.9, weightDecay: 0.001 };

export const workloads: readonly Workload[] = [
  { id: "mlp", title: "MLP 784-128-10", model: "mlp", batch: 128, training: ADAM },
  { id: "lenet", title: "LeNet, 28 × 28", model: "lenet", batch: 64, training: ADAM },
  { id: "piczak-32", title: "Piczak", model: "piczak", batch: 32, training: NESTEROV, dropout: true },
  { id: "piczak-128", title: "Piczak", model: "piczak", batch: 128, training: NESTEROV, dropout: true },
  { id: "piczak-1000", title: "Piczak", model: "piczak", batch: 1000, training: NESTEROV, dropout: true },
  { id: "char-lstm", title: "char-LSTM 128, 64 letters", model: "lstm", batch: 16, training: ADAM },
  { id: "char-gpt", title: "char-GPT 4 × 128, 64 letters", model: "gpt", batch: 16, training: ADAM },
  {
    id: "envnet",
    title: "EnvNet, 24,014 samples",
    model: "envnet",
    batch: 8,
    training: NESTEROV,
    dropout: true,
  },
  { id: "unet", title: "U-Net, 64 × 64", model: "unet", batch: 8, training: ADAM },
  { id: "mn04-1", title: "mn04, 128 × 500", model: "mn04", batch: 1, training: null },
  { id: "mn04-32", title: "mn04, 128 × 500", model: "mn04", batch: 32, training: null },
];

export const nameOf = ({ title, batch, training }: Workload): string =>
  `${title}, batch ${batch}: ${training === null ? "inference" : "step"}`;

// A user's program in TypeScript, which is compiled against the package's types, and not run.
import { F, init, nn, type Tensor, tensor } from "otograd";
import { defineKernel, type Op } from "otograd/kernel";

const facts = await init();
const y: Tensor = F.relu(tensor([1, 2]));
const layer = new nn.Linear(2, 2);
export const sum: number = await layer.forward(y).sum().item();
export { defineKernel, facts, type Op };

// @ts-expect-error a layer's sizes are numbers
new nn.Linear("2", 2);

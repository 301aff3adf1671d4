// A graph of ONNX operators that is being put together: values go by names, and each node gives new ones.
import { toHalves } from "../../nn/weights/numbers.ts";
import type { HostArray } from "../files/arrays.ts";
import { UserError } from "../terminal/errors.ts";
import { type Attribute, type ElementType, type Initializer, type Node, type Port, TYPES } from "./onnx.ts";

/** Whole numbers as ONNX has them. */
export const ints = (values: readonly number[]): bigint[] => values.map(BigInt);

export class Graph {
  readonly nodes: Node[] = [];
  readonly initializers: Initializer[] = [];
  readonly inputs: Port[] = [];
  readonly outputs: Port[] = [];
  private readonly weights = new Set<string>();
  private readonly constants = new Map<string, string>();

  /** @param half whether weights are kept as float16, and made float32 where the model begins to run */
  constructor(private readonly half = false) {}

  input(port: Port): string {
    this.inputs.push(port);
    return port.name;
  }

  /** Gives a value out by the port's name. */
  output(value: string, port: Port): void {
    this.nodes.push({ operator: "Identity", inputs: [value], outputs: [port.name], attributes: {} });
    this.outputs.push(port);
  }

  /** The operator's first result. An input that is "" is left out. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const name = `${operator}_${this.nodes.length}`;
    this.nodes.push({ operator, inputs, outputs: [name], attributes });
    return name;
  }

  /** A weight by its name in the state dict. */
  weight(name: string, { shape, data }: HostArray): string {
    if (!(data instanceof Float32Array)) throw new TypeError(`${name} is not float32`);
    if (this.weights.has(name)) return name;
    this.weights.add(name);
    if (!this.half) return this.initializer(name, "float32", data, shape);
    const halves = toHalves(data, (what) => new UserError(`--half: ${what}`), name);
    const kept = this.initializer(`${name} (half)`, "float16", halves, shape);
    this.nodes.push({
      operator: "Cast",
      inputs: [kept],
      outputs: [name],
      attributes: { to: BigInt(TYPES.float32) },
    });
    return name;
  }

  float32(values: number | ArrayLike<number>, shape?: readonly number[]): string {
    return this.constant("float32", typeof values === "number" ? [values] : values, shape);
  }

  float64(values: number | ArrayLike<number>, shape?: readonly number[]): string {
    return this.constant("float64", typeof values === "number" ? [values] : values, shape);
  }

  /** Whole numbers: a list of them unless `shape` says otherwise. */
  int64(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.constant("int64", values, shape);
  }

  private constant(
    type: "float32" | "float64" | "int64",
    values: ArrayLike<number>,
    shape: readonly number[] = [],
  ): string {
    const data =
      type === "int64"
        ? BigInt64Array.from(Array.from(values, BigInt))
        : type === "float32"
          ? Float32Array.from(values)
          : Float64Array.from(values);
    if (values.length > 16)
      return this.initializer(`constant_${this.initializers.length}`, type, data, shape);
    const key = `${type} ${shape.join()} ${Array.from(values).join()}`;
    const known = this.constants.get(key);
    if (known !== undefined) return known;
    const name = this.initializer(`constant_${this.initializers.length}`, type, data, shape);
    this.constants.set(key, name);
    return name;
  }

  private initializer(
    name: string,
    type: ElementType,
    data: Float32Array | Float64Array | BigInt64Array | Uint16Array,
    shape: readonly number[],
  ): string {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push({ name, type, shape, bytes });
    return name;
  }
}

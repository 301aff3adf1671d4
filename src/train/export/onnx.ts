// The ONNX file format: its messages, as far as they are written here, and the bytes of a model. The format's own
// definition is onnx.proto at https://github.com/onnx/onnx; names and numbers are from there. Messages are written by hand,
// as pages let no program be made of text, which is how protobufjs would write them itself.
import protobuf from "protobufjs/minimal.js";

/** The set of operators that nodes are of: https://onnx.ai/onnx/operators. */
export const OPSET = 17;
/** The version of the format that belongs to it. */
const IR_VERSION = 8;

/** Element types of tensors, by ONNX's numbers. */
export const TYPES = { float32: 1, int64: 7, bool: 9, float16: 10, float64: 11 } as const;
export type ElementType = keyof typeof TYPES;

/** A whole number is written as a bigint, as ONNX keeps it and other numbers apart. */
export type Attribute = bigint | number | string | readonly bigint[];

export interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** An input or output; a dimension that is a word may have any size. */
export interface Port {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
  /** What it is, for people. */
  readonly says: string;
}

export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface Model {
  readonly name: string;
  /** Of otograd. */
  readonly version: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Puts one field of a message. */
type Field = (writer: protobuf.Writer) => void;

// How fields are laid out: https://protobuf.dev/programming-guides/encoding
const [VARINT, DELIMITED, FIXED32] = [0, 2, 5];

const whole =
  (field: number, value: bigint | number): Field =>
  (writer) =>
    writer.uint32((field << 3) | VARINT).int64(Number(value));

const float =
  (field: number, value: number): Field =>
  (writer) =>
    writer.uint32((field << 3) | FIXED32).float(value);

const text =
  (field: number, value: string): Field =>
  (writer) =>
    writer.uint32((field << 3) | DELIMITED).string(value);

const bytes =
  (field: number, value: Uint8Array): Field =>
  (writer) =>
    writer.uint32((field << 3) | DELIMITED).bytes(value);

const message =
  (field: number, ...fields: readonly Field[]): Field =>
  (writer) => {
    writer.uint32((field << 3) | DELIMITED).fork();
    for (const put of fields) put(writer);
    writer.ldelim();
  };

/** AttributeProto, a field of NodeProto. */
function attribute([name, value]: [string, Attribute]): Field {
  const as = (type: number, ...fields: readonly Field[]) =>
    message(5, text(1, name), ...fields, whole(20, type));
  if (typeof value === "bigint") return as(2, whole(3, value));
  if (typeof value === "number") return as(1, float(2, value));
  if (typeof value === "string") return as(3, text(4, value));
  return as(7, ...value.map((each) => whole(8, each)));
}

/** NodeProto, a field of GraphProto. */
function node({ operator, inputs, outputs, attributes }: Node): Field {
  return message(
    1,
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(3, outputs[0]!),
    text(4, operator),
    ...Object.entries(attributes).map(attribute),
  );
}

/** TensorProto, a field of GraphProto. */
function initializer({ name, type, shape, bytes: data }: Initializer): Field {
  return message(5, ...shape.map((n) => whole(1, n)), whole(2, TYPES[type]), text(8, name), bytes(9, data));
}

/** ValueInfoProto, with its TypeProto, TensorTypeProto and TensorShapeProto. */
function port(field: number, { name, type, shape, says }: Port): Field {
  const sides = shape.map((n) => message(1, typeof n === "string" ? text(2, n) : whole(1, n)));
  const tensor = message(1, whole(1, TYPES[type]), message(2, ...sides));
  return message(field, text(1, name), message(2, tensor), text(3, says));
}

/** The bytes of a .onnx file, a ModelProto. */
export function encodeModel(model: Model): Uint8Array {
  const { name, version, nodes, initializers, inputs, outputs, metadata } = model;
  const fields = [
    whole(1, IR_VERSION),
    text(2, "otograd"),
    text(3, version),
    message(
      7,
      ...nodes.map(node),
      text(2, name),
      ...initializers.map(initializer),
      ...inputs.map((each) => port(11, each)),
      ...outputs.map((each) => port(12, each)),
    ),
    message(8, text(1, ""), whole(2, OPSET)),
    ...Object.entries(metadata).map(([key, value]) => message(14, text(1, key), text(2, value))),
  ];
  const writer = protobuf.Writer.create();
  for (const put of fields) put(writer);
  return writer.finish();
}

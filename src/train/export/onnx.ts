// The ONNX file format: its messages, as far as they are written here, and the bytes of a model. The format's own
// definition is onnx.proto at https://github.com/onnx/onnx; names and numbers are from there.
import protobuf from "protobufjs";

/** The set of operators that nodes are of: https://onnx.ai/onnx/operators. */
export const OPSET = 17;
/** The version of the format that belongs to it. */
const IR_VERSION = 8;

const MESSAGES = `
syntax = "proto2";
message AttributeProto {
  optional string name = 1; optional int32 type = 20;
  optional float f = 2; optional int64 i = 3; optional bytes s = 4; repeated int64 ints = 8;
}
message NodeProto {
  repeated string input = 1; repeated string output = 2; optional string name = 3; optional string op_type = 4;
  repeated AttributeProto attribute = 5;
}
message TensorProto {
  repeated int64 dims = 1; optional int32 data_type = 2; optional string name = 8; optional bytes raw_data = 9;
}
message Dimension { optional int64 dim_value = 1; optional string dim_param = 2; }
message TensorShapeProto { repeated Dimension dim = 1; }
message TensorType { optional int32 elem_type = 1; optional TensorShapeProto shape = 2; }
message TypeProto { optional TensorType tensor_type = 1; }
message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; optional string doc_string = 3; }
message GraphProto {
  repeated NodeProto node = 1; optional string name = 2; repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
}
message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
message StringStringEntryProto { optional string key = 1; optional string value = 2; }
message ModelProto {
  optional int64 ir_version = 1; optional string producer_name = 2; optional string producer_version = 3;
  optional GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8;
  repeated StringStringEntryProto metadata_props = 14;
}`;

const { root } = protobuf.parse(MESSAGES, { keepCase: true });
const ModelProto = root.lookupType("ModelProto");

/** Element types of tensors, by ONNX's numbers. */
export const TYPES = { float32: 1, int64: 7, bool: 9, float64: 11 } as const;
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

function attribute(name: string, value: Attribute): object {
  if (typeof value === "bigint") return { name, type: 2, i: Number(value) };
  if (typeof value === "number") return { name, type: 1, f: value };
  if (typeof value === "string") return { name, type: 3, s: Buffer.from(value) };
  return { name, type: 7, ints: value.map(Number) };
}

function port({ name, type, shape, says }: Port): object {
  const dim = shape.map((n) => (typeof n === "string" ? { dim_param: n } : { dim_value: n }));
  return { name, type: { tensor_type: { elem_type: TYPES[type], shape: { dim } } }, doc_string: says };
}

/** The bytes of a .onnx file. */
export function encodeModel(model: Model): Uint8Array {
  const { name, version, nodes, initializers, inputs, outputs, metadata } = model;
  const graph = {
    name,
    node: nodes.map(({ operator, inputs, outputs, attributes }) => ({
      name: outputs[0],
      op_type: operator,
      input: inputs,
      output: outputs,
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    })),
    initializer: initializers.map(({ name, type, shape, bytes }) => ({
      name,
      dims: shape,
      data_type: TYPES[type],
      raw_data: bytes,
    })),
    input: inputs.map(port),
    output: outputs.map(port),
  };
  return ModelProto.encode({
    ir_version: IR_VERSION,
    producer_name: "otograd",
    producer_version: version,
    opset_import: [{ domain: "", version: OPSET }],
    metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph,
  }).finish();
}

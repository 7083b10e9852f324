/** Writes ONNX models (onnx.proto3 of https://github.com/onnx/onnx): what students need of it, and no more. */

type Field = [number: number, value: number | string | Uint8Array];

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
};

/** A protobuf message: numbers as varints, everything else by its length. */
const message = (fields: readonly Field[]): Buffer =>
  Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(number << 3), varint(value)];
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      return [varint((number << 3) | 2), varint(bytes.length), bytes];
    }),
  );

/** TensorProto.DataType */
const TYPES = { float: 1, int8: 3, int64: 7 } as const;
type Type = keyof typeof TYPES;

export interface OnnxValue {
  name: string;
  type: Type;
  /** A name where any size will do. */
  shape: readonly (number | string)[];
}

export interface OnnxNode {
  op: string;
  inputs: readonly string[];
  output: string;
  /** Integers, or lists of them. */
  attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface OnnxTensor {
  name: string;
  shape: readonly number[];
  data: Float32Array | Int8Array | BigInt64Array;
}

export interface OnnxModel {
  inputs: readonly OnnxValue[];
  outputs: readonly OnnxValue[];
  nodes: readonly OnnxNode[];
  tensors: readonly OnnxTensor[];
  metadata: Readonly<Record<string, string>>;
}

const valueInfo = ({ name, type, shape }: OnnxValue): Buffer => {
  const sizes = shape.map((size): Field => [1, message([typeof size === 'number' ? [1, size] : [2, size]])]);
  const tensor = message([
    [1, TYPES[type]],
    [2, message(sizes)],
  ]);
  return message([
    [1, name],
    [2, message([[1, tensor]])],
  ]);
};

const INT = 2;
const INTS = 7;
const attributeOf = ([name, value]: [string, number | readonly number[]]): Buffer =>
  typeof value === 'number'
    ? message([
        [1, name],
        [3, value],
        [20, INT],
      ])
    : message([[1, name], ...value.map((one): Field => [8, one]), [20, INTS]]);

const typeOf = (data: OnnxTensor['data']): Type =>
  data instanceof Float32Array ? 'float' : data instanceof Int8Array ? 'int8' : 'int64';

/** The bytes of a model of opset 13 in IR version 7, which all runtimes of the last years read. */
export const writeOnnx = ({ inputs, outputs, nodes, tensors, metadata }: OnnxModel): Buffer => {
  const graph = message([
    ...nodes.map(
      ({ op, inputs: from, output, attributes = {} }): Field => [
        1,
        message([
          ...from.map((name): Field => [1, name]),
          [2, output],
          [4, op],
          ...Object.entries(attributes).map((one): Field => [5, attributeOf(one)]),
        ]),
      ],
    ),
    [2, 'student'],
    ...tensors.map(
      ({ name, shape, data }): Field => [
        5,
        message([
          ...shape.map((size): Field => [1, size]),
          [2, TYPES[typeOf(data)]],
          [8, name],
          [9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)],
        ]),
      ],
    ),
    ...inputs.map((one): Field => [11, valueInfo(one)]),
    ...outputs.map((one): Field => [12, valueInfo(one)]),
  ]);
  return message([
    [1, 7],
    [2, 'crank'],
    [7, graph],
    [8, message([[2, 13]])],
    ...Object.entries(metadata).map(
      ([key, value]): Field => [
        14,
        message([
          [1, key],
          [2, value],
        ]),
      ],
    ),
  ]);
};

/** Writes small ONNX models (onnx.proto3 of https://github.com/onnx/onnx), enough for tests. */

type Part = [number: number, value: number | string | Uint8Array | readonly Part[]];

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let left = BigInt(value);
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return Buffer.from([...bytes, Number(left)]);
};

/** A protobuf message. */
const message = (...parts: readonly Part[]): Buffer =>
  Buffer.concat(
    parts.flatMap(([number, value]) => {
      if (typeof value === 'number') return [varint(number << 3), varint(value)];
      const bytes =
        typeof value === 'string'
          ? Buffer.from(value)
          : value instanceof Uint8Array
            ? Buffer.from(value)
            : message(...value);
      return [varint((number << 3) | 2), varint(bytes.length), bytes];
    }),
  );

const ELEMENTS = { float: 1, uint8: 2, int64: 7, string: 8, bool: 9 } as const;
export type Element = keyof typeof ELEMENTS;

/** One input or output. Sizes are numbers, or names where any will do. */
export interface Value {
  name: string;
  element?: Element;
  shape: readonly (number | string)[];
}

export interface Model {
  inputs: readonly Value[];
  outputs: readonly Value[];
  nodes: readonly { op: string; inputs: readonly string[]; outputs: readonly string[]; domain?: string }[];
  weights?: Readonly<Record<string, { shape: readonly number[]; values: readonly number[]; element?: 'int64' }>>;
  /** Fields of one more tensor, as they are. */
  tensor?: readonly Part[];
}

const value = ({ name, element = 'float', shape }: Value): Buffer => {
  const sizes = shape.map((size): Part => [1, [typeof size === 'number' ? [1, size] : [2, size]]]);
  return message(
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, ELEMENTS[element]],
            [2, sizes],
          ],
        ],
      ],
    ],
  );
};

/** The bytes of a model, of opset 17. */
export const onnxModel = ({ inputs, outputs, nodes, weights = {}, tensor }: Model): Buffer => {
  const tensors = Object.entries(weights).map(([name, { shape, values, element }]) =>
    message(
      ...shape.map((size): Part => [1, size]),
      [2, ELEMENTS[element ?? 'float']],
      [8, name],
      [9, Buffer.from(element ? new BigInt64Array(values.map(BigInt)).buffer : new Float32Array(values).buffer)],
    ),
  );
  if (tensor !== undefined) tensors.push(message(...tensor));
  const graph = message(
    ...nodes.map(
      ({ op, inputs: from, outputs: to, domain }): Part => [
        1,
        message(
          ...from.map((name): Part => [1, name]),
          ...to.map((name): Part => [2, name]),
          [4, op],
          ...(domain === undefined ? [] : [[7, domain] as Part]),
        ),
      ],
    ),
    [2, 'graph'],
    ...tensors.map((bytes): Part => [5, bytes]),
    ...inputs.map((one): Part => [11, value(one)]),
    ...outputs.map((one): Part => [12, value(one)]),
  );
  const domains = new Set(nodes.flatMap(({ domain }) => domain ?? []));
  const opsets = [...domains].map((domain): Part => [8, [[1, domain], [2, 1]]]); // biome-ignore format: one line
  return message([1, 8], [2, 'test'], [7, graph], [8, [[2, 17]]], ...opsets);
};

/** A model whose output is its input. */
export const identity = (shape: readonly (number | string)[], element: Element = 'float', name = 'x'): Buffer =>
  onnxModel({
    inputs: [{ name, element, shape }],
    outputs: [{ name: 'y', element, shape }],
    nodes: [{ op: 'Identity', inputs: [name], outputs: ['y'] }],
  });

/** scores = x W + b, for x of three features and two scores. */
export const linear = (): Buffer =>
  onnxModel({
    inputs: [{ name: 'x', shape: ['batch', 3] }],
    outputs: [{ name: 'scores', shape: ['batch', 2] }],
    nodes: [
      { op: 'MatMul', inputs: ['x', 'w'], outputs: ['m'] },
      { op: 'Add', inputs: ['m', 'b'], outputs: ['scores'] },
    ],
    weights: { w: { shape: [3, 2], values: [1, -1, 2, 0.5, -0.25, 4] }, b: { shape: [2], values: [0.5, -0.5] } },
  });

/** y = c c c ... for a square c of ones of the size that is given: as dear as one likes, in time and in memory. */
export const dear = (products: number): Buffer =>
  onnxModel({
    inputs: [{ name: 'size', element: 'int64', shape: [2] }],
    outputs: [{ name: 'y', shape: [] }],
    nodes: [
      { op: 'ConstantOfShape', inputs: ['size'], outputs: ['c0'] },
      ...Array.from({ length: products }, (_, i) => ({
        op: 'MatMul',
        inputs: [`c${i}`, 'c0'],
        outputs: [`c${i + 1}`],
      })),
      { op: 'ReduceSum', inputs: [`c${products}`, 'axes'], outputs: ['sum'] },
      { op: 'Squeeze', inputs: ['sum', 'axes'], outputs: ['y'] },
    ],
    weights: { axes: { shape: [2], values: [0, 1], element: 'int64' } },
  });

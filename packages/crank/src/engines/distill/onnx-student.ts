import { type OnnxModel, type OnnxNode, type OnnxTensor, writeOnnx } from './onnx-file.ts';
import type { CnnStudent, LinearStudent, Student } from './serving/student.ts';

/**
 * A student as an ONNX model. What `serving/features.ts` makes of a text goes in: of a linear student `ids` (int64) and `values`
 * (float), both [texts, features], filled up with 0; of a network `ids`, [texts, length]. `scores` come out, likelihoods
 * [texts, labels]. How texts become numbers stands in the model's metadata.
 */
export const studentToOnnx = (student: Student): Buffer => {
  const count = student.labels.length;
  const { nodes, tensors, inputs } = student.kind === 'linear' ? linear(student, count) : cnn(student, count);
  return writeOnnx({
    inputs,
    outputs: [{ name: 'scores', type: 'float', shape: ['texts', count] }],
    nodes: [
      ...nodes,
      { op: 'Div', inputs: ['logits', 'temperature'], output: 'cooled' },
      { op: 'Softmax', inputs: ['cooled'], output: 'scores', attributes: { axis: 1 } },
    ],
    tensors: [...tensors, floats('temperature', [1], [student.temperature])],
    metadata: { labels: JSON.stringify(student.labels), features: JSON.stringify(student.features) },
  });
};

type Body = Pick<OnnxModel, 'nodes' | 'tensors' | 'inputs'>;

const floats = (name: string, shape: readonly number[], values: ArrayLike<number>): OnnxTensor => ({
  name,
  shape,
  data: Float32Array.from(values),
});

const integers = (name: string, values: readonly number[]): OnnxTensor => ({
  name,
  shape: [values.length],
  data: BigInt64Array.from(values.map(BigInt)),
});

const FLOAT = { to: 1 };

const linear = ({ features, weights, scales, bias }: LinearStudent, count: number): Body => ({
  inputs: [
    { name: 'ids', type: 'int64', shape: ['texts', 'features'] },
    { name: 'values', type: 'float', shape: ['texts', 'features'] },
  ],
  nodes: [
    { op: 'Gather', inputs: ['weights', 'ids'], output: 'rows', attributes: { axis: 0 } },
    { op: 'Cast', inputs: ['rows'], output: 'raised', attributes: FLOAT },
    { op: 'Unsqueeze', inputs: ['values', 'last'], output: 'columns' },
    { op: 'Mul', inputs: ['raised', 'columns'], output: 'shares' },
    { op: 'ReduceSum', inputs: ['shares', 'middle'], output: 'sums', attributes: { keepdims: 0 } },
    { op: 'Mul', inputs: ['sums', 'scales'], output: 'scaled' },
    { op: 'Add', inputs: ['scaled', 'bias'], output: 'logits' },
  ],
  tensors: [
    { name: 'weights', shape: [features.buckets, count], data: weights },
    floats('scales', [count], scales),
    floats('bias', [count], bias),
    integers('last', [2]),
    integers('middle', [1]),
  ],
});

const cnn = ({ features, table, tableScale, convolutions, weights, bias }: CnnStudent, count: number): Body => {
  const { buckets, dimensions, widths, filters, length } = features;
  const nodes: OnnxNode[] = [
    { op: 'Gather', inputs: ['table', 'ids'], output: 'rows', attributes: { axis: 0 } },
    { op: 'Cast', inputs: ['rows'], output: 'raised', attributes: FLOAT },
    { op: 'Mul', inputs: ['raised', 'tableScale'], output: 'words' },
    { op: 'Transpose', inputs: ['words'], output: 'channels', attributes: { perm: [0, 2, 1] } },
  ];
  const tensors: OnnxTensor[] = [
    { name: 'table', shape: [buckets, dimensions], data: table },
    floats('tableScale', [1], [tableScale]),
    floats('weights', [count, widths.length * filters], weights),
    floats('bias', [count], bias),
  ];
  for (const [w, width] of widths.entries()) {
    const { weights: kernel, scales, bias: offset } = convolutions[w]!;
    nodes.push(
      { op: 'Cast', inputs: [`kernel${w}`], output: `wide${w}`, attributes: FLOAT },
      { op: 'Mul', inputs: [`wide${w}`, `scales${w}`], output: `filter${w}` },
      { op: 'Conv', inputs: ['channels', `filter${w}`, `offset${w}`], output: `found${w}` },
      { op: 'Relu', inputs: [`found${w}`], output: `positive${w}` },
      { op: 'ReduceMax', inputs: [`positive${w}`], output: `most${w}`, attributes: { axes: [2], keepdims: 0 } },
    );
    tensors.push(
      { name: `kernel${w}`, shape: [filters, dimensions, width], data: channelsFirst(kernel, features, width) },
      floats(`scales${w}`, [filters, 1, 1], scales),
      floats(`offset${w}`, [filters], offset),
    );
  }
  nodes.push(
    { op: 'Concat', inputs: widths.map((_, w) => `most${w}`), output: 'pooled', attributes: { axis: 1 } },
    { op: 'Gemm', inputs: ['pooled', 'weights', 'bias'], output: 'logits', attributes: { transB: 1 } },
  );
  return {
    inputs: [{ name: 'ids', type: 'int64', shape: ['texts', length] }],
    nodes,
    tensors,
  };
};

/** From filters × width × dimensions, as they are trained, to ONNX's filters × dimensions × width. */
const channelsFirst = (
  kernel: Int8Array,
  { filters, dimensions }: CnnStudent['features'],
  width: number,
): Int8Array => {
  const turned = new Int8Array(kernel.length);
  for (let f = 0; f < filters; f++)
    for (let t = 0; t < width; t++)
      for (let d = 0; d < dimensions; d++)
        turned[(f * dimensions + d) * width + t] = kernel[(f * width + t) * dimensions + d]!;
  return turned;
};

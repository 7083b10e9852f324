import type { FeatureSpec } from './features.ts';
import type { CnnSpec, Student } from './student.ts';

const MAGIC = 'CRKSTU01';
const BYTES = { i8: 1, f32: 4 } as const;

interface Part {
  name: string;
  type: keyof typeof BYTES;
  count: number;
}

interface Head {
  kind: Student['kind'];
  labels: string[];
  temperature: number;
  tableScale?: number;
  features: unknown;
  parts: Part[];
}

/**
 * A student as one file: `CRKSTU01`, the length of a head (32 bits, little endian), the head as JSON, then the numbers that it
 * lists, one after the other, floats little endian.
 */
export const writeStudent = (student: Student): Uint8Array<ArrayBuffer> => {
  const arrays = arraysOf(student);
  const { kind, labels, temperature, features } = student;
  const head: Head = {
    ...{ kind, labels: [...labels], temperature, features },
    ...(student.kind === 'cnn' && { tableScale: student.tableScale }),
    parts: arrays.map(([name, data]) => ({ name, type: data instanceof Int8Array ? 'i8' : 'f32', count: data.length })),
  };
  const text = new TextEncoder().encode(JSON.stringify(head));
  const size = arrays.reduce((sum, [, { byteLength }]) => sum + byteLength, 12 + text.length);
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(MAGIC));
  new DataView(bytes.buffer).setUint32(8, text.length, true);
  bytes.set(text, 12);
  let at = 12 + text.length;
  for (const [, data] of arrays) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
};

const arraysOf = (student: Student): [string, Int8Array | Float32Array][] =>
  student.kind === 'linear'
    ? [
        ['weights', student.weights],
        ['scales', student.scales],
        ['bias', student.bias],
      ]
    : [
        ['table', student.table],
        ...student.convolutions.flatMap(({ weights, scales, bias }, i): [string, Int8Array | Float32Array][] => [
          [`convolution.${i}.weights`, weights],
          [`convolution.${i}.scales`, scales],
          [`convolution.${i}.bias`, bias],
        ]),
        ['weights', student.weights],
        ['bias', student.bias],
      ];

/** @throws Error where it is no student, or one of another version */
export const readStudent = (bytes: Uint8Array): Student => {
  if (new TextDecoder().decode(bytes.subarray(0, 8)) !== MAGIC) throw new Error('this is no student of this version');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(12, 12 + length))) as Head;
  const found = new Map<string, Int8Array | Float32Array>();
  let at = 12 + length;
  for (const { name, type, count } of head.parts) {
    const size = count * BYTES[type];
    const part = new Uint8Array(bytes.subarray(at, at + size)); // a copy, and aligned: a Buffer's own slice is neither
    if (part.length !== size) throw new Error('the student ends too early');
    found.set(name, type === 'i8' ? new Int8Array(part.buffer) : new Float32Array(part.buffer));
    at += size;
  }
  if (at !== bytes.length) throw new Error('something follows the student');
  const small = (name: string): Int8Array => found.get(name) as Int8Array;
  const floats = (name: string): Float32Array => found.get(name) as Float32Array;
  const { labels, temperature } = head;
  if (head.kind === 'linear') {
    const features = head.features as FeatureSpec;
    demandVersion(features);
    return {
      ...{ kind: 'linear', labels, temperature, features },
      ...{ weights: small('weights'), scales: floats('scales'), bias: floats('bias') },
    };
  }
  const features = head.features as CnnSpec;
  demandVersion(features);
  return {
    ...{ kind: 'cnn', labels, temperature, features, table: small('table'), tableScale: head.tableScale! },
    convolutions: features.widths.map((_, i) => ({
      weights: small(`convolution.${i}.weights`),
      scales: floats(`convolution.${i}.scales`),
      bias: floats(`convolution.${i}.bias`),
    })),
    ...{ weights: floats('weights'), bias: floats('bias') },
  };
};

const demandVersion = ({ version }: { version: number }): void => {
  if (version !== 1) throw new Error(`features of version ${version} are not known here`);
};

/**
 * What JSON becomes on its way to a function. `undefined`: as it is. `ref`: one of the plan's `codecs`. `one`: the first of
 * these that the value has the form of, or else as it is.
 */
export type Codec =
  | undefined
  | 'bigint'
  | 'date'
  | 'bytes'
  | 'buffer'
  | 'arraybuffer'
  | 'url'
  | 'number'
  | 'file'
  | 'filestream'
  | { array: Codec }
  | { tuple: Codec[]; rest?: Codec }
  | { object: Record<string, Codec>; rest?: Codec }
  | { map: [Codec, Codec] }
  | { set: Codec }
  | { one: Codec[] }
  | { ref: string };

/** How a call of one operation is made: found when the version is described, and given back with every call. */
export interface Plan {
  /** Its name among the exports of the module. */
  export: string;
  /** In order. `whole`: takes all of the input, not one member of it. `rest`: `...name`. */
  parameters: { name: string; kind: 'value' | 'whole' | 'rest' | 'context' | 'policies'; codec?: Codec }[];
  result: 'json' | 'file' | 'stream';
  contentType?: string;
  /** By name, for types that refer to themselves. */
  codecs?: Record<string, Codec>;
  /** The module has a schema for it (`schemas`), which says what the function is given. */
  checked?: boolean;
}

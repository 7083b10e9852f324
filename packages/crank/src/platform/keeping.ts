import { readFile } from 'node:fs/promises';
import type { Kysely } from 'kysely';
import { CrankError } from '#src/core/error.ts';
import type { Retention } from '#src/engines/policy/decision.ts';
import type { Database, KeptRow } from '#src/store/schema.ts';
import type { CallBody } from './call.ts';
import type { CallState } from './call-state.ts';
import { removeFiles } from './scratch.ts';

const DAY_MS = 86_400_000;
/** An input with its files, or an output, of which more cannot be kept. */
const MAX_BYTES = 16 * 2 ** 20;

/** What is being kept of a call. */
export interface Keeping {
  readonly input: Uint8Array | undefined;
  readonly output: boolean;
  readonly days: number;
  /** Notes what a stream sent. @throws CrankError `output-too-large` */
  sent(bytes: Uint8Array): void;
  /** All that was sent. */
  stream(): Uint8Array;
}

interface FileHead {
  parameter: string;
  name: string;
  sha256: string;
  size: number;
}

/**
 * Starts to keep what policy wants kept. The input is copied now: its files are deleted when the call has run.
 *
 * @throws CrankError `too-large` where policy wants more kept than can be: the call is refused rather than not kept
 */
export const keepingOf = async (retain: Retention | undefined, body: CallBody): Promise<Keeping | undefined> => {
  if (retain === undefined) return undefined;
  const chunks: Uint8Array[] = [];
  let sent = 0;
  return {
    input: retain.input ? await packInput(body) : undefined,
    output: retain.output,
    days: retain.days,
    sent: (bytes) => {
      if (!retain.output) return;
      sent += bytes.length;
      if (sent > MAX_BYTES) throw tooLarge('output-too-large', 'output');
      chunks.push(bytes);
    },
    stream: () => Buffer.concat(chunks),
  };
};

const tooLarge = (code: 'too-large' | 'output-too-large', what: string): CrankError =>
  new CrankError(
    code,
    `A policy wants the ${what} kept, and at most ${MAX_BYTES / 2 ** 20} MiB of one can be: send less, or ask the owner of the account to except this operation.`,
  );

/** `uint32 length of head ‖ head ‖ arguments ‖ files`; the head is JSON, with what the schema saw where there are files. */
const packInput = async ({ input, value, files }: CallBody): Promise<Buffer> => {
  const contents = await Promise.all(files.map(({ path }) => readFile(path)));
  const heads: FileHead[] = files.map(({ parameter, name, sha256 }, i) => ({
    ...{ parameter, name, sha256 },
    size: contents[i]!.length,
  }));
  const head = Buffer.from(JSON.stringify({ input: input.length, files: heads, ...(files.length > 0 && { value }) }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  const packed = Buffer.concat([length, head, input, ...contents]);
  if (packed.length > MAX_BYTES) throw tooLarge('too-large', 'input');
  return packed;
};

/** The inverse: arguments and files as they came. */
export const unpackInput = (
  packed: Buffer,
): { input: Buffer; value: unknown; files: (FileHead & { bytes: Buffer })[] } => {
  const start = 4 + packed.readUInt32BE();
  const { input, files, value } = JSON.parse(packed.toString('utf8', 4, start)) as {
    input: number;
    files: FileHead[];
    value?: unknown;
  };
  let at = start + input;
  const text = packed.subarray(start, at);
  return {
    input: text,
    value: value ?? (JSON.parse(text.toString()) as unknown),
    files: files.map((file) => {
      at += file.size;
      return { ...file, bytes: packed.subarray(at - file.size, at) };
    }),
  };
};

/** @throws CrankError `output-too-large` where policy wants more kept than can be: nobody gets the answer then */
export const demandKeepable = async ({ answer, keeps }: CallState): Promise<void> => {
  if (!keeps?.output) return;
  const size = answer.type === 'json' ? answer.json.length : answer.type === 'file' ? answer.size : 0;
  if (size <= MAX_BYTES) return;
  if (answer.type === 'file') await removeFiles([answer.path]);
  throw tooLarge('output-too-large', 'output');
};

/** The rows of what is kept, under the key of its subject. */
export const keptRows = async (state: CallState, keeps: Keeping): Promise<KeptRow[]> => {
  const output = keeps.output ? await outputOf(state, keeps) : undefined;
  const parts = { input: keeps.input, output };
  const expires_at = Date.now() + keeps.days * DAY_MS;
  return Object.entries(parts).flatMap(([part, bytes]) =>
    bytes === undefined
      ? []
      : {
          call: state.id,
          part,
          subject: state.subject.id,
          sealed: state.subject.seal(bytes, `${state.id} ${part}`),
          expires_at,
        },
  );
};

/** The bytes that the receipt commits to. */
const outputOf = async ({ answer }: CallState, keeps: Keeping): Promise<Uint8Array> => {
  switch (answer.type) {
    case 'json':
      return answer.json;
    case 'error':
      return answer.problem;
    case 'stream':
      return keeps.stream();
    case 'file':
      return readFile(answer.path);
  }
};

/** Deletes what was kept long enough. */
export const sweepKept = async (db: Kysely<Database>): Promise<void> => {
  await db.deleteFrom('kept').where('expires_at', '<=', Date.now()).execute();
};

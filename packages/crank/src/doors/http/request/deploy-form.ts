import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { demandAlias } from '#src/core/alias.ts';
import { CrankError } from '#src/core/error.ts';
import type { DeployRequest, Destiny } from '#src/platform/deploy.ts';
import { bodyChunks, tooLarge } from './body.ts';
import { readCanaryWish } from './canary-wish.ts';
import { givenTwice } from './form-arguments.ts';
import { bodyKind } from './media-type.ts';
import { type Part, readParts } from './multipart.ts';

/** Of all parts together; packaging bounds the source more finely, and says what to leave out. */
const BYTES = 80 * 2 ** 20;
const PARTS = 2_100;
const FIELD_BYTES = 256 * 1024;
const FIELDS = [
  ...(['name', 'manifest', 'command', 'output', 'python', 'folder'] as const),
  ...(['alias', 'passing', 'canary', 'by', 'autoAbort'] as const),
] as const;
type FieldName = (typeof FIELDS)[number];

/**
 * Reads a deployment: parts `file` with relative paths as file names, and the fields `name`, `manifest`, `python`, `folder`
 * (the name of the folder that was handed in, which is that of its package where it is one); or, with files or without, the
 * template of a `command` and what its `output` is.
 *
 * @throws CrankError `malformed-request`, `too-large`, `unsupported-media-type`, `cancelled`
 */
export const readDeployForm = async (raw: IncomingMessage): ReturnType<DeployRequest['read']> => {
  const kind = bodyKind(raw.headers['content-type']);
  if (kind.type !== 'multipart') {
    throw new CrankError(
      'unsupported-media-type',
      'A deployment is a multipart/form-data form with parts "file": for example curl -F file=@words.py .../v1/services.',
    );
  }
  if (Number(raw.headers['content-length'] ?? 0) > BYTES) throw tooLarge('The source', BYTES);
  const files = new Map<string, Uint8Array>();
  const fields = new Map<FieldName, string>();
  let left = BYTES;
  for await (const part of readParts(bodyChunks(raw), kind.boundary, PARTS)) {
    const bytes = await readPart(part, left);
    left -= bytes.length;
    if (part.name === 'file') {
      if (!part.filename)
        throw new CrankError('malformed-request', 'A part "file" has no file name: give its relative path.');
      if (files.has(part.filename)) throw givenTwice(part.filename);
      files.set(part.filename, bytes);
    } else if (isField(part.name)) {
      if (fields.has(part.name)) throw givenTwice(part.name);
      if (bytes.length > FIELD_BYTES) throw tooLarge(`The field ${part.name}`, FIELD_BYTES);
      if (!isUtf8(bytes)) throw new CrankError('malformed-request', `The field ${part.name} is not UTF-8.`);
      fields.set(part.name, bytes.toString('utf8'));
    } else {
      throw new CrankError(
        'malformed-request',
        `The form has an unknown field "${part.name.slice(0, 80)}": known are file, ${FIELDS.join(', ')}.`,
      );
    }
  }
  const given: Partial<Record<FieldName, string>> = Object.fromEntries([...fields].filter(([, text]) => text !== ''));
  const { folder, alias, passing, canary, by, autoAbort, ...options } = given;
  return {
    source: { files, ...(folder !== undefined && { folder }) },
    options: { ...options, ...destinyOf({ alias, passing, canary, by, autoAbort }) },
  };
};

/** What becomes of the version. @throws CrankError `invalid-input` */
const destinyOf = (
  given: Readonly<Record<'alias' | 'passing' | 'canary' | 'by' | 'autoAbort', string | undefined>>,
): Destiny => {
  const { alias, canary, by } = given;
  const [passing, autoAbort] = [flag('passing', given.passing), flag('autoAbort', given.autoAbort)];
  if (canary === undefined && (by !== undefined || autoAbort !== undefined))
    throw new CrankError('invalid-input', 'The fields by and autoAbort are about a canary: give its share, too.');
  if (alias !== undefined && canary !== undefined)
    throw new CrankError(
      'invalid-input',
      'A version gets a name of its own or a share of the calls: give alias or canary.',
    );
  if (passing && alias === undefined)
    throw new CrankError('invalid-input', 'The field passing is about a name of its own: give alias, too.');
  if (canary !== undefined) return { canary: readCanaryWish({ share: canary, by, autoAbort }) };
  return alias === undefined ? {} : { alias: demandAlias(alias), passing };
};

const flag = (name: string, text: string | undefined): boolean | undefined => {
  if (text === undefined || text === 'true' || text === 'false')
    return text === undefined ? undefined : text === 'true';
  throw new CrankError('invalid-input', `The field ${name} must be true or false.`);
};

const isField = (name: string): name is FieldName => (FIELDS as readonly string[]).includes(name);

const readPart = async (part: Part, limit: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of part.chunks) {
    size += chunk.length;
    if (size > limit) throw tooLarge('The source', BYTES);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

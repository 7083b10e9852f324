import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { CrankError } from '#src/core/error.ts';
import type { DeployRequest } from '#src/platform/deploy.ts';
import { bodyChunks, tooLarge } from './body.ts';
import { givenTwice } from './form-arguments.ts';
import { bodyKind } from './media-type.ts';
import { type Part, readParts } from './multipart.ts';

/** Of all parts together; packaging bounds the source more finely, and says what to leave out. */
const BYTES = 80 * 2 ** 20;
const PARTS = 2_100;
const FIELD_BYTES = 256 * 1024;
const FIELDS = ['name', 'manifest', 'python', 'folder'] as const;
type FieldName = (typeof FIELDS)[number];

/**
 * Reads a deployment: parts `file` with relative paths as file names, and the fields `name`, `manifest`, `python`, `folder`
 * (the name of the folder that was handed in, which is that of its package where it is one).
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
  const { folder, ...options } = Object.fromEntries([...fields].filter(([, text]) => text !== ''));
  return { source: { files, ...(folder !== undefined && { folder }) }, options };
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

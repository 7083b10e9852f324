import type { IncomingMessage } from 'node:http';
import { sha256, sha256Hex } from '#src/core/digest.ts';
import { CrankError } from '#src/core/error.ts';
import type { Limits, Operation } from '#src/core/service.ts';
import type { CallBody } from '#src/platform/call.ts';
import { readJson } from '#src/platform/read-json.ts';
import { bodyChunks, readBody, tooLarge } from './body.ts';
import { type Field, formArguments, givenTwice } from './form-arguments.ts';
import { bodyKind } from './media-type.ts';
import { type Part, readParts } from './multipart.ts';
import { saveFile } from './save-file.ts';
import { admittedTypes, argumentSchema } from './schema-types.ts';

const JSON_BYTES = 8 * 2 ** 20;
const PARTS = 256;
/** All files of a call together may have this many times what one may. */
const FILES_FACTOR = 4;
const EMPTY = Buffer.from('{}');
/** Folders that a file's name may have. */
const DEPTH = 16;

type File = CallBody['files'][number];

/**
 * Reads the arguments of a call: a JSON object, a form with files, or nothing.
 *
 * @param taken gets the path of each file as soon as it is there: whoever began the call deletes them
 * @throws CrankError `malformed-request`, `too-large`, `unsupported-media-type`, `cancelled`
 */
export const readCallBody = async (
  raw: IncomingMessage,
  operation: Operation,
  limits: Limits,
  scratch: string,
  taken: string[],
): Promise<CallBody> => {
  const kind = bodyKind(raw.headers['content-type']);
  if (kind.type === 'multipart') return readForm(raw, kind.boundary, operation, limits, scratch, taken);
  const sent = kind.type === 'other' ? unsupported(raw) : await readBody(raw, JSON_BYTES);
  if (kind.type === 'none' && sent.length > 0) unsupported(raw);
  const input = sent.length === 0 ? EMPTY : sent;
  return { input, value: readJson(input), files: [], fingerprint: () => sha256Hex(input) };
};

const unsupported = (raw: IncomingMessage): never => {
  const type = raw.headers['content-type']?.slice(0, 100);
  throw new CrankError(
    'unsupported-media-type',
    `${type === undefined ? 'The body has no content type' : `"${type}" is not taken here`}: send a JSON object with "Content-Type: application/json", or a multipart/form-data form with files.`,
  );
};

const readForm = async (
  raw: IncomingMessage,
  boundary: string,
  operation: Operation,
  limits: Limits,
  scratch: string,
  taken: string[],
): Promise<CallBody> => {
  const fields: Field[] = [];
  const files: File[] = [];
  let fieldBytes = 0;
  let fileBytes = 0;
  for await (const part of readParts(bodyChunks(raw), boundary, PARTS)) {
    const json = bodyKind(part.contentType).type === 'json';
    if (part.filename !== undefined || (operation.files.includes(part.name) && !json && !takesText(operation, part))) {
      const left = Math.min(limits.fileBytes, limits.fileBytes * FILES_FACTOR - fileBytes);
      const { path, size, sha256 } = await saveFile(
        scratch,
        part.chunks,
        left,
        `The file for ${part.name.slice(0, 80)}`,
      );
      taken.push(path);
      fileBytes += size;
      const name = operation.command === undefined ? fileName(part) : pathName(part);
      files.push({ parameter: part.name, name, path, sha256 });
    } else {
      const bytes = await readField(part, JSON_BYTES - fieldBytes);
      fieldBytes += bytes.length;
      fields.push({ name: part.name, bytes, json });
    }
  }
  const texts = formArguments(fields, operation.input);
  const input = Buffer.from(objectText(texts));
  const value = readJson(input, 'The form');
  if (files.length === 0) return { input, value, files, fingerprint: () => sha256Hex(input) };
  for (const [name, standIn] of standIns(files, operation)) {
    if (texts.has(name)) throw givenTwice(name);
    texts.set(name, standIn);
  }
  const listing = JSON.stringify(files.map(({ parameter, name, sha256 }) => [parameter, name, sha256]));
  return {
    input,
    value: readJson(Buffer.from(objectText(texts)), 'The form'),
    files,
    fingerprint: () => sha256(input, '\n', listing).toString('hex'),
  };
};

/** A command line's parameter for a file takes a name as well: what has no file name is one, or what is typed. */
const takesText = ({ command, input }: Operation, { name }: Part): boolean =>
  command !== undefined && admittedTypes(argumentSchema(input, name), input).has('string');

const readField = async (part: Part, limit: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of part.chunks) {
    size += chunk.length;
    if (size > limit) throw tooLarge('The form without its files', JSON_BYTES);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

/** The last component: a path means nothing here, and the sandbox makes the name safe. */
const fileName = ({ filename, name }: Part): string => {
  const base = filename?.split(/[/\\]/).at(-1);
  return base === undefined || base === '' ? name : base;
};

/** For a command line a relative path is a name in the work folder; what leads out of it is taken away. */
const pathName = (part: Part): string => {
  const parts = (part.filename ?? '').split(/[/\\]/).filter((each) => !['', '.', '..'].includes(each));
  return parts.length === 0 ? fileName(part) : parts.slice(-DEPTH).join('/');
};

const objectText = (members: ReadonlyMap<string, string>): string =>
  `{${[...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;

/** What the schema sees for files that travel beside the JSON: an object `{"name", "base64"}`, or an array of them. */
const standIns = (files: readonly File[], operation: Operation): Map<string, string> => {
  const all = new Map<string, string>();
  for (const parameter of new Set(files.map((file) => file.parameter))) {
    const given = files
      .filter((file) => file.parameter === parameter)
      .map(({ name }) => JSON.stringify({ name, base64: '' }));
    const types = admittedTypes(argumentSchema(operation.input, parameter), operation.input);
    const several = given.length > 1 || (types.has('array') && !types.has('object'));
    all.set(parameter, several ? `[${given.join(',')}]` : given[0]!);
  }
  return all;
};

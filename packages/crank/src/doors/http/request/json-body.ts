import type { FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import { readJson } from '#src/platform/read-json.ts';
import { readBody } from './body.ts';
import { bodyKind } from './media-type.ts';

const KEEP_BYTES = 64 * 1024;

/**
 * The JSON object in the body of an administrative request.
 *
 * @param known its members; others are refused
 * @throws CrankError `malformed-request`, `too-large`, `unsupported-media-type`, `cancelled`
 */
export const readJsonObject = async (
  request: FastifyRequest,
  known: readonly string[],
  limit = KEEP_BYTES,
): Promise<Readonly<Record<string, unknown>>> => {
  if (bodyKind(request.raw.headers['content-type']).type !== 'json') {
    throw new CrankError('unsupported-media-type', 'Send a JSON object with "Content-Type: application/json".');
  }
  const value = readJson(await readBody(request.raw, limit));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CrankError('malformed-request', `The body is no JSON object: send one with ${known.join(', ')}.`);
  }
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new CrankError(
      'malformed-request',
      `The body has an unknown member "${unknown.slice(0, 80)}": known are ${known.join(', ')}.`,
    );
  }
  return value as Readonly<Record<string, unknown>>;
};

/** A text of an administrative request. @throws CrankError `invalid-input` */
export const textMember = (body: Readonly<Record<string, unknown>>, name: string, most = 200): string => {
  const value = body[name];
  const wrong = (message: string): CrankError =>
    new CrankError('invalid-input', `The member "${name}" ${message}.`, { errors: [{ pointer: `/${name}`, message }] });
  if (value === undefined) throw wrong('is missing');
  if (typeof value !== 'string' || value === '' || value.length > most || /\p{Cc}/u.test(value)) {
    throw wrong(`must be a text of 1 to ${most} characters on one line`);
  }
  return value;
};

/** One of a few texts of an administrative request. @throws CrankError `invalid-input` */
export const choiceMember = <T extends string>(
  body: Readonly<Record<string, unknown>>,
  name: string,
  choices: readonly T[],
): T => {
  const value = textMember(body, name);
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  const message = `must be one of ${choices.join(', ')}`;
  throw new CrankError('invalid-input', `The member "${name}" ${message}.`, {
    errors: [{ pointer: `/${name}`, message }],
  });
};

import type { FastifyRequest } from 'fastify';
import { CrankError } from '#src/core/error.ts';
import { sliceJson } from '#src/core/json-slice.ts';
import { readJson } from '#src/platform/read-json.ts';
import type { RunRequest } from '#src/platform/run/run-code.ts';
import { readBody } from './body.ts';
import { bodyKind } from './media-type.ts';

const BYTES = 9 * 2 ** 20;
const MEMBERS = ['code', 'input', 'operation', 'requirements', 'python'];
const MOST_REQUIREMENTS = 100;

const wrong = (name: string, message: string): CrankError =>
  new CrankError('invalid-input', `The member "${name}" ${message}.`, { errors: [{ pointer: `/${name}`, message }] });

/**
 * Reads code that is to be run: a JSON object with `code`, and `input`, `operation`, `requirements`, `python` where given.
 *
 * @throws CrankError `malformed-request`, `invalid-input`, `too-large`, `unsupported-media-type`, `cancelled`
 */
export const readRunBody = async ({ raw }: FastifyRequest): ReturnType<RunRequest['read']> => {
  if (bodyKind(raw.headers['content-type']).type !== 'json')
    throw new CrankError(
      'unsupported-media-type',
      'Send a JSON object with "Content-Type: application/json": {"code": "def double(x: int) -> int: ...", "input": {"x": 2}}.',
    );
  const body = await readBody(raw, BYTES);
  const value = readJson(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CrankError('malformed-request', `The body is no JSON object: send one with ${MEMBERS.join(', ')}.`);
  const given = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined)
    throw new CrankError(
      'malformed-request',
      `The body has an unknown member "${unknown.slice(0, 80)}": known are ${MEMBERS.join(', ')}.`,
    );
  const { requirements } = given;
  const text = (name: string): string | undefined => {
    const one = given[name];
    if (one === undefined || (typeof one === 'string' && one !== '')) return one as string | undefined;
    throw wrong(name, 'must be a text');
  };
  const code = text('code');
  if (code === undefined) throw wrong('code', 'is missing');
  return {
    code,
    operation: text('operation'),
    python: text('python'),
    requirements: requirements === undefined ? [] : requirementsOf(requirements),
    // As it was written, so that numbers keep their digits.
    input: Buffer.from(sliceJson(body.toString(), '/input') ?? '{}'),
  };
};

/** One requirement on each line of a file later: none may bring lines of its own. */
const requirementsOf = (value: unknown): string[] => {
  const good =
    Array.isArray(value) &&
    value.length <= MOST_REQUIREMENTS &&
    value.every((one) => typeof one === 'string' && one.length <= 500 && !/\p{Cc}/u.test(one));
  if (good) return value as string[];
  throw wrong('requirements', `must be a list of up to ${MOST_REQUIREMENTS} packages, such as ["numpy>=2"]`);
};

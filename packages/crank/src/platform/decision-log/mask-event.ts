import type { Json } from '#src/core/canonical-json.ts';
import { allTypes } from '#src/engines/privacy/detect.ts';
import { redactJson } from '#src/engines/privacy/redact-json.ts';
import { createTokens } from '#src/engines/privacy/tokens.ts';
import type { DecisionEvent } from './decision-event.ts';

type Container = Record<string, unknown> | unknown[];

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** RFC 6901. */
const namesOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));

const escapeName = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** Replaces what stands at a pointer, or takes it out; what is not there stays so. In a list null takes its place. */
const put = (event: DecisionEvent, pointer: string, value: unknown): boolean => {
  const names = namesOf(pointer);
  const last = names.pop();
  let at: unknown = event;
  for (const name of names) {
    if (!isContainer(at) || !Object.hasOwn(at, name)) return false;
    at = (at as Record<string, unknown>)[name];
  }
  if (last === undefined || !isContainer(at) || !Object.hasOwn(at, last)) return false;
  if (value !== undefined) (at as Record<string, unknown>)[last] = value;
  else if (Array.isArray(at)) at[Number(last)] = null;
  else delete at[last];
  return true;
};

const note = (event: DecisionEvent, list: 'erased' | 'masked', pointer: string): void => {
  event[list] = [...(event[list] ?? []), pointer];
};

/** Contents of files among the arguments: `{"name", "base64"}`. */
const fileContents = (value: unknown, pointer: string): string[] => {
  if (!isContainer(value)) return [];
  const own = !Array.isArray(value) && typeof value['base64'] === 'string' ? [`${pointer}/base64`] : [];
  return [
    ...own,
    ...Object.entries(value).flatMap(([name, member]) => fileContents(member, `${pointer}/${escapeName(name)}`)),
  ];
};

const noTokens = createTokens(new Uint8Array(32));

/** Takes files out of the arguments in an event, and masks personal data and secrets that detectors find in them. */
export const redactPayload = (event: DecisionEvent): void => {
  const input = event.input as { content?: unknown };
  if (input.content === undefined) return;
  const pointer = '/input/content';
  for (const file of fileContents(input.content, pointer)) if (put(event, file, undefined)) note(event, 'erased', file);
  const counts = new Map<string, number>();
  try {
    const rules = [{ detect: allTypes, action: 'mask' as const, account: '' }];
    input.content = JSON.parse(redactJson(JSON.stringify(input.content), rules, () => noTokens, counts)) as Json;
    if (counts.size > 0) note(event, 'masked', pointer);
  } catch {
    // It nests too deep to be searched.
    put(event, pointer, undefined);
    note(event, 'erased', pointer);
  }
};

/** Where a mask may reach, as in OPA. */
const MASKABLE = /^\/(?:input|result)(?:\/|$)/;

const eraseAll = (event: DecisionEvent): void => {
  for (const pointer of ['/input', '/result']) if (put(event, pointer, undefined)) note(event, 'erased', pointer);
};

/**
 * Does what a `mask` rule said (openpolicyagent.org, "Masking Sensitive Data"): a set of JSON Pointers below `/input` and
 * `/result`, which are erased, and of objects with `op` (`remove`, `upsert`), `path` and `value`. What it says in another form, or
 * could not say, erases input and result.
 *
 * @returns what was wrong
 */
export const applyMask = (event: DecisionEvent, masks: unknown): string | undefined => {
  const wrong = (what: string): string => {
    eraseAll(event);
    return what;
  };
  if (masks === undefined) return undefined;
  if (!Array.isArray(masks)) return wrong('it is no set');
  for (const mask of masks as unknown[]) {
    const {
      op = 'remove',
      path,
      value,
    } = (typeof mask === 'string' ? { path: mask } : (mask ?? {})) as {
      op?: unknown;
      path?: unknown;
      value?: unknown;
    };
    if (typeof path !== 'string' || !MASKABLE.test(path)) return wrong('a path is not below /input or /result');
    if (op === 'remove') {
      if (put(event, path, undefined)) note(event, 'erased', path);
    } else if (op === 'upsert') {
      if (put(event, path, value ?? null)) note(event, 'masked', path);
    } else return wrong('op is neither remove nor upsert');
  }
  return undefined;
};

/** Where a rule could not be asked, nothing is known of what it would have hidden. */
export const maskFailed = eraseAll;

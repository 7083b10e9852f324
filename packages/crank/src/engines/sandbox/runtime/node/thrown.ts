import { inspect } from 'node:util';

/** What was thrown, as `core/error.ts` has it (ScriptException), with paths relative to the source. */
export interface Thrown {
  type: string;
  message: string;
  traceback: string;
  code?: string;
}

const most = { message: 2000, traceback: 12_000 };
const causes = 5;

/** Never throws, whatever was thrown. */
export const thrown = (error: unknown, code: string): Thrown => {
  try {
    return describe(error, code);
  } catch {
    return { type: 'Error', message: '(not printable)', traceback: '' };
  }
};

const describe = (error: unknown, code: string): Thrown => {
  if (!isError(error)) {
    const message = cut(typeof error === 'string' ? error : inspect(error, { depth: 1 }), most.message);
    return { type: error === null ? 'null' : typeof error, message, traceback: '' };
  }
  const { code: given } = error as { code?: unknown };
  return {
    type: cut(String(error.name || error.constructor?.name || 'Error'), 200),
    message: cut(String(error.message), most.message),
    traceback: cut(stacks(error, code, causes), most.traceback),
    ...(typeof given === 'string' && { code: given }),
  };
};

const isError = (value: unknown): value is Error =>
  value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';

/** The stack without what is the platform's, then those of the causes. */
const stacks = (error: Error, code: string, left: number): string => {
  const own = String(error.stack ?? '')
    .split('\n')
    .filter((line) => !/^\s+at .*(?:\/node\/runtime\/|node:internal\/)/.test(line))
    .join('\n')
    .replaceAll('file://', '')
    .replaceAll(`${code}/`, '');
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  const more = Array.isArray(errors) ? errors.slice(0, 3) : cause === undefined ? [] : [cause];
  if (left === 0) return own;
  return [own, ...more.filter(isError).map((one) => `Caused by: ${stacks(one, code, left - 1)}`)].join('\n');
};

const cut = (text: string, limit: number): string => (text.length <= limit ? text : `${text.slice(0, limit - 1)}…`);

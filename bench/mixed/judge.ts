import { catalogue, type ErrorCode } from '../../packages/crank/src/core/error.ts';
import type { Answered } from './send.ts';

/** The error's code, of a problem document or of a stream's last frame. */
export const codeOf = ({ status, body, headers }: Answered): string | undefined => {
  const text = body.toString();
  if (status === 200 && headers['content-type'] === 'application/x-ndjson')
    return /^\{"\$crank":\{.*"outcome":"([a-z-]+)"/.exec(text.trimEnd().split('\n').at(-1)!)?.[1];
  return /"code":"([a-z-]+)"/.exec(text)?.[1];
};

/** What is wrong with an answer that is not the right one. @param clear the codes that it may have */
export const faultOf = (answer: Answered, clear: ReadonlySet<string>): string | undefined => {
  const { status, headers, body } = answer;
  const said = `${status} ${body.toString().slice(0, 400)}`;
  if (status === 0) return 'no answer';
  if (!answer.whole) return `an answer that breaks off: ${said}`;
  const code = codeOf(answer);
  if (code === undefined) return `neither the right answer nor an error: ${said}`;
  const stream = headers['content-type'] === 'application/x-ndjson';
  if (!stream && headers['content-type'] !== 'application/problem+json') return `no problem document: ${said}`;
  if (!stream && catalogue[code as ErrorCode]?.status !== status) return `not the status of its code: ${said}`;
  if (status === 503 && headers['retry-after'] === undefined) return `without Retry-After: ${said}`;
  return clear.has(code) ? undefined : `not clear: ${said}`;
};

const FAULTS = 50;

/** Collects what is wrong, the same thing of many calls once. */
export const faultList = (faults: string[]): ((what: string) => void) => {
  const seen = new Set<string>();
  return (what) => {
    const shape = what.replaceAll(/\b[a-z]+_[0-9a-z]{26}\b|\d+/g, '');
    if (seen.has(shape) || seen.size >= FAULTS) return;
    seen.add(shape);
    faults.push(what);
  };
};

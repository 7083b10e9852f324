/**
 * Runs a module's functions: imports it, says so, waits for what is to be done, does that and ends. The module runs in the
 * same process and can do whatever this can; what is said here is not believed by anybody.
 */
import { ftruncateSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { answer } from './answer.ts';
import { kinds, receive, send, sendJson } from './channel.ts';
import { InvalidInput, markedInvalid } from './decode.ts';
import { InvalidOutput } from './encode.ts';
import { collectSources, useSources } from './sources.ts';
import { thrown } from './thrown.ts';

const entry = process.argv[2]!;
const code = '/code';
const { exit, on } = process;
let doing = 'import';

/** What is not caught: in a callback, or a promise that nobody waits for. */
const fail = (error: unknown): void => {
  if (doing === 'import') sendJson(kinds.unfit, thrown(error, code));
  else if (doing === 'call') sendFailure(error);
  else return;
  doing = 'nothing';
};

const sendFailure = (thrownError: unknown): void => {
  const error = markedInvalid(thrownError) ?? thrownError;
  if (error instanceof InvalidInput)
    sendJson(kinds.failed, { code: 'invalid-input', detail: error.message, pointer: error.pointer });
  else if (error instanceof InvalidOutput) sendJson(kinds.failed, { code: 'invalid-output', detail: error.message });
  else if (error instanceof RangeError && /^(?:Array buffer allocation failed|WebAssembly\.Memory)/.test(error.message))
    sendJson(kinds.failed, { code: 'out-of-memory', detail: error.message });
  else {
    const exception = thrown(error, code);
    sendJson(kinds.failed, { code: 'script-error', detail: exception.message, exception });
  }
};

on.call(process, 'uncaughtException', (error: unknown) => {
  fail(error);
  exit(1);
});
on.call(process, 'beforeExit', () => {
  const error = new Error('It waits for a promise that nothing is left to settle.');
  error.stack = '';
  fail(error);
  exit(1);
});

// First it is only imported; what its files are without types is handed to those that run calls.
const collected = process.argv[3] === 'collect' ? collectSources() : undefined;
if (collected === undefined) useSources();
/** What the import printed is nothing that a call said. */
const forgetOutput = (): void => {
  for (const output of [1, 2])
    try {
      ftruncateSync(output);
    } catch {
      // not a file: the first one has the zygote's
    }
};

process.argv.splice(0, process.argv.length, process.execPath, entry);
try {
  const module = (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
  forgetOutput();
  send(kinds.ready, collected === undefined ? '' : JSON.stringify(collected));
  doing = 'nothing';
  const request = receive();
  doing = 'call';
  await answer(module, request, { code, entry });
  doing = 'nothing';
} catch (error) {
  fail(error);
}
receive(); // blocks: whoever has the answer ends this process

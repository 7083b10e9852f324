import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const runtime = fileURLToPath(new URL('../../src/engines/sandbox/runtime', import.meta.url));
const filling = `import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from crank_runtime.command.filling import arguments
from crank_runtime import jsontext
print(json.dumps([arguments(run, jsontext.parse(values.encode())) for run, values in json.load(sys.stdin)]))`;

/** The argument vectors that the runtime makes, all by one interpreter. `run`: of an operation in `.crank/command.json`. */
export const fillCommands = (asked: readonly { run: unknown; values: string }[]): string[][] =>
  JSON.parse(
    execFileSync('/usr/bin/python3', ['-S', '-c', filling, runtime], {
      input: JSON.stringify(asked.map(({ run, values }) => [run, values])),
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    }),
  ) as string[][];

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { settings } from '../../packages/crank/src/app/settings.ts';
import { catalogue } from '../../packages/crank/src/core/error.ts';
import { attacks } from '../../packages/crank/test/attack/list.ts';
import { root } from '../repository.ts';
import { sdkApi } from './sdk-api.ts';
import { pythonApi, pythonCodes } from './sdk-python.ts';

const cell = (text: string | number): string => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

/** A Markdown table; cells must not hold line breaks. */
export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

const origin = (source: string) => `<!-- Written by \`npm run check -- --write\` from ${source}: change it there. -->`;

/** Pages whose truth stands in the code, by path. */
export const pages = (): Record<string, string> => ({
  'packages/sdk/src/generated/api.ts': sdkApi(),
  'python/src/crank_platform/_api.py': pythonApi(),
  'python/src/crank_platform/_codes.py': pythonCodes(),
  'docs/errors.md': `${origin('packages/crank/src/core/error.ts')}

# Errors

Over HTTP an error is \`application/problem+json\` (RFC 9457) with \`type\` \`urn:crank:error:<code>\`, \`code\`, \`title\`,
\`detail\` (what happened and what to do), \`retry\`, and \`call\` where a call exists. \`retry\` is for machines: \`never\`
(the same request fails again), \`after\` (later; see Retry-After) or \`same-key\` (later, under the same
Idempotency-Key). \`exit\` is the command line's exit code. A code keeps its meaning for ever.

${table(
  ['status', 'code', 'exit', 'retry', 'title'],
  Object.entries(catalogue).map(([name, { status, exit, retry, title }]) => [status, code(name), exit, retry, title]),
)}
`,
  'docs/configuration.md': `${origin('packages/crank/src/app/settings.ts')}

# Configuration

A flag wins over the environment, the environment over \`config.json\` in the data folder (\`DIR\` below), an object with
the same names.

${table(
  ['environment', 'flag', 'default', 'what it sets'],
  settings.map(({ env, flag, default: fallback, description }) => [code(env), code(flag), fallback, description]),
)}
`,
  'docs/ATTACKS.md': `${origin('packages/crank/test/attack/list.ts')}

# Attacks

What \`packages/crank/test/attack\` tries, with real code against real sandboxes, as root and as an ordinary user. Every
attack must fail, and afterwards the platform must be as before: a neighbour's service answers, the next calls find nothing
of it, no process is left and no file outside. What no mechanism stops is in [THREAT_MODEL.md](THREAT_MODEL.md).

${Object.entries(attacks)
  .map(([theme, walls]) => `## ${theme}\n\n${table(['attack', 'what stops it'], Object.entries(walls))}`)
  .join('\n\n')}
`,
});

/** Pages that differ from what the code says. */
export const stalePages = (): string[] =>
  Object.entries(pages())
    .filter(([path, text]) => !existsSync(resolve(root, path)) || readFileSync(resolve(root, path), 'utf8') !== text)
    .map(([path]) => `${path}:1: does not say what the code says: npm run check -- --write`);

export const writePages = (): void => {
  for (const [path, text] of Object.entries(pages())) {
    mkdirSync(dirname(resolve(root, path)), { recursive: true });
    writeFileSync(resolve(root, path), text);
  }
};

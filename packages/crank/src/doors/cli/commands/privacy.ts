import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CrankError } from '#src/core/error.ts';
import { isPersonalType, personalTypes } from '#src/core/personal-data.ts';
import type { LocalAction } from '#src/platform/privacy/redact-here.ts';
import type { Command } from '../command.ts';
import { one } from '../command.ts';
import { table } from '../table.ts';

export const redact: Command = {
  name: 'redact',
  summary: 'find personal data in a text on this machine, and take it out (docs/privacy.md)',
  args: [['[file]', 'text or JSON; stdin otherwise']],
  options: [
    {
      flags: '--types <names>',
      help: `comma between: ${personalTypes.join(', ')}, us-ssn, ...; all but names otherwise`,
    },
    { flags: '--action <name>', help: 'mask (default), hash (under a key of this run) or drop' },
    { flags: '--min-score <number>', help: 'how sure, 0 to 1; 0.5 otherwise' },
    { flags: '--findings', help: 'list what is found instead, with places and scores' },
  ],
  run: async (context, [file], options) => {
    const types = one(options, 'types')?.split(',');
    const unknown = types?.find((name) => !isPersonalType(name));
    if (unknown !== undefined) throw wrong(`"${unknown}" is no type`, `one of ${personalTypes.join(', ')}, or us-ssn`);
    const action = one(options, 'action') ?? 'mask';
    // Loaded when it is run: the detectors are many.
    const { localActions, redactHere } = await import('#src/platform/privacy/redact-here.ts');
    if (!(localActions as readonly string[]).includes(action))
      throw wrong(`"${action}" is no action`, `${localActions.join(', ')}; tokens are made by a node`);
    const minScore = Number(one(options, 'minScore') ?? 0.5);
    if (!(minScore >= 0 && minScore <= 1)) throw wrong(`"${one(options, 'minScore')}" is no score`, '0 to 1');
    const given = file === undefined || file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
    const done = redactHere(given, { types, minScore, action: action as LocalAction });
    if (options['findings'] === true)
      context.print(done.findings, () =>
        table(
          ['TYPE', 'START', 'END', 'SCORE'],
          done.findings.map(({ type, start, end, score }) => [type, String(start), String(end), String(score)]),
        ),
      );
    else if (context.json) context.print({ text: done.text, findings: done.findings }, '');
    else context.write(Buffer.from(done.text));
  },
};

const wrong = (what: string, instead: string): CrankError =>
  new CrankError('invalid-input', `${what}: write ${instead}.`);

export const detokenise: Command = {
  name: 'detokenise',
  summary: 'show what tokens in an answer stand for; it is logged that you asked',
  args: [['<token...>', 'tok_...']],
  run: async (context, [...args]) => {
    const tokens = args.flat();
    const answer = await context.client.json<{ values: { token: string; type: string; value: string }[] }>(
      '/v1/detokenise',
      { method: 'POST', json: { tokens } },
    );
    context.print(answer, () => answer.values.map(({ type, value }) => `${type} ${value}`).join('\n'));
  },
};

import { CrankError } from '#src/core/error.ts';
import type { Simulation } from '#src/platform/policy-simulation.ts';
import type { Trial } from '#src/platform/policy-trial.ts';
import type { Command, Options } from '../command.ts';
import { one } from '../command.ts';
import { jsonOption } from '../json-option.ts';
import { parseName } from '../name.ts';
import { Exit } from '../run.ts';
import { table } from '../table.ts';
import { policyFiles } from './policies.ts';

const REFUSED = 3;

const candidate = async (path: string | undefined, options: Options): Promise<object> => {
  const layer = one(options, 'layer');
  return path === undefined ? {} : { files: await policyFiles(path), ...(layer !== undefined && { layer }) };
};

export const decidePolicy: Command = {
  name: 'policy decide',
  summary: 'what policy would say of a call, rule by rule; nothing runs',
  args: [['<name>', 'SERVICE[@VERSION].OPERATION']],
  options: [
    { flags: '-i, --input <json>', help: 'arguments as a JSON object, @FILE, or - for stdin' },
    { flags: '--output <json>', help: 'a result, to see what would be taken out of it' },
    { flags: '--as <key>', help: 'id of the key that calls; yours otherwise' },
    { flags: '--time <time>', help: 'when, such as 2026-11-30T09:00:00Z; now otherwise' },
    { flags: '--with <path>', help: 'a bundle that is not in force, in place of one of its name' },
    { flags: '--layer <layer>', help: 'of that bundle: `account` (default) or `service:NAME`' },
  ],
  run: async (context, [text], options) => {
    const { service, operation, version } = parseName(text!);
    if (operation === undefined) throw new CrankError('invalid-input', 'Say which operation: SERVICE.OPERATION.');
    const output = await jsonOption(options, 'output');
    const content = (await jsonOption(options, 'input')) ?? (output === undefined ? undefined : {});
    const [as, time] = [one(options, 'as'), one(options, 'time')];
    const { decisions } = await context.client.json<{ decisions: Trial[] }>('/v1/policies/-/decide', {
      method: 'POST',
      json: {
        ...{ service, operation, content, output },
        ...(version !== undefined && { version }),
        ...(as !== undefined && { as }),
        ...(time !== undefined && { time }),
        ...(await candidate(one(options, 'with'), options)),
      },
    });
    context.print(decisions, () => decisions.map(shown).join('\n'));
    if (decisions.some(({ allow }) => !allow)) throw new Exit(REFUSED);
  },
};

const shown = ({ point, allow, reasons, obligations, redact, rules }: Trial): string => {
  const lines = [`${point}: ${allow ? 'allowed' : 'denied'}`];
  for (const reason of reasons) lines.push(`  because ${reason}`);
  for (const obligation of obligations) lines.push(`  obliged to ${obligation}`);
  for (const pointer of redact ?? []) lines.push(`  takes out ${pointer}`);
  for (const { bundle, rule, value, error } of rules)
    lines.push(
      `  ${bundle} ${rule}: ${error === undefined ? (value === undefined ? 'undefined' : JSON.stringify(value)) : `failed: ${error}`}`,
    );
  return lines.join('\n');
};

export const simulatePolicy: Command = {
  name: 'policy simulate',
  summary: 'what a bundle would have changed on the newest calls',
  args: [['<path>', '.rego file, or folder with .rego and data']],
  options: [
    { flags: '--layer <layer>', help: '`account` (default) or `service:NAME`' },
    { flags: '--last <n>', help: 'calls to look at (100)' },
    { flags: '--service <name>', help: 'of one service only' },
  ],
  run: async (context, [path], options) => {
    const service = one(options, 'service');
    const last = one(options, 'last');
    const done = await context.client.json<Simulation>('/v1/policies/-/simulate', {
      method: 'POST',
      json: {
        ...(await candidate(path, options)),
        ...(last !== undefined && { last: Number(last) }),
        ...(service !== undefined && { service }),
      },
    });
    context.print(done, () => {
      const { calls, same, denied, allowed, otherwise, blind, gone } = done;
      const head = `${calls} calls: ${same} as before, ${denied} would be refused, ${allowed} no longer refused, ${otherwise} otherwise`;
      const notes = [
        ...(blind > 0 ? [`Of ${blind} the input was not kept: rules that look at it saw nothing.`] : []),
        ...(gone > 0 ? [`Of ${gone} the version is gone: left out.`] : []),
      ];
      const rows = done.changes.map(({ call, service: of, operation, point, after }) => [
        ...[call, `${of}.${operation}`, point],
        after.allow ? `allowed ${after.obligations.join(', ')}`.trim() : `denied: ${after.reasons.join('; ')}`,
      ]);
      return [
        head,
        ...notes,
        ...(rows.length === 0 ? [] : [table(['CALL', 'OPERATION', 'POINT', 'WOULD BE'], rows)]),
      ].join('\n');
    });
  },
};

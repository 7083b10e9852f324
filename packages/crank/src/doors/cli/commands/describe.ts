import type { Finding } from '#src/core/error.ts';
import { CrankError } from '#src/core/error.ts';
import type { Limits, Operation, Tool } from '#src/core/service.ts';
import type { Command } from '../command.ts';
import { one } from '../command.ts';
import { describeCommand } from '../describe-command.ts';
import { parseName, servicePath } from '../name.ts';
import { percent, size } from '../quantity.ts';
import { short } from '../table.ts';
import { type Canary, canaryText } from './canary.ts';
import { type Version, versionTable } from './versions.ts';

interface Described {
  name: string;
  description: string;
  version: string;
  created: string;
  runtime: string;
  python: string;
  isolation: string;
  limits: Limits;
  network: string[];
  /** Names of secrets by environment variable. */
  secrets: Readonly<Record<string, string>>;
  requirements: string[];
  lock: string | null;
  tools: Readonly<Record<string, Tool>>;
  operations: (Operation & { example: Record<'curl' | 'python' | 'typescript', string> })[];
  findings: Finding[];
  aliases: { alias: string; version: string }[];
  versions: Version[];
  versionCount: number;
  canary: Canary | null;
  policies: { name: string; layer: string; digest: string }[];
}

const LANGUAGES = ['curl', 'python', 'typescript'] as const;

export const describe: Command = {
  name: 'describe',
  summary: 'a service: operations with schemas and example calls, versions, limits, policy',
  args: [['<name>', 'service, or SERVICE.OPERATION']],
  options: [{ flags: '--example <language>', help: 'only the example call in curl, python or typescript' }],
  run: async (context, [text], options) => {
    const name = parseName(text!);
    const service = await context.client.json<Described>(servicePath(name), { query: { version: name.version } });
    const operations = service.operations.filter(
      (each) => name.operation === undefined || each.name === name.operation,
    );
    if (operations.length === 0)
      throw new CrankError(
        'not-found',
        `${service.name} has no operation "${name.operation}": it has ${service.operations.map((each) => each.name).join(', ')}.`,
      );
    const language = one(options, 'example');
    if (language !== undefined) {
      const known = LANGUAGES.find((each) => each === language);
      if (known === undefined)
        throw new CrankError('invalid-input', `There is no example in "${language}": take ${LANGUAGES.join(', ')}.`);
      const examples = Object.fromEntries(operations.map((each) => [each.name, each.example[known]]));
      context.print(examples, () => Object.values(examples).join('\n\n'));
      return;
    }
    context.print({ ...service, operations }, () =>
      [
        ...(name.operation === undefined ? head(service) : []),
        ...operations.flatMap((operation) => operationText(service.name, operation, name.operation !== undefined)),
        ...(name.operation === undefined ? foot(service) : []),
      ].join('\n'),
    );
  },
};

/** `STRIPE_KEY`, or `STRIPE_KEY (stripe-live)` where the variable has another name than the secret. */
const listed = (secrets: Readonly<Record<string, string>>): string =>
  Object.entries(secrets)
    .map(([variable, name]) => (variable === name ? name : `${variable} (${name})`))
    .join(', ');

const head = ({ canary, ...service }: Described): string[] => [
  `${service.name} @${short(service.version)}, deployed ${service.created}`,
  ...(service.description ? [service.description] : []),
  ...(service.network.length > 0 ? [`asks for a network: ${service.network.join(', ')}`] : []),
  ...(Object.keys(service.secrets).length > 0 ? [`is given the secrets ${listed(service.secrets)}`] : []),
  ...(canary === null ? [] : [`canary @${short(canary.version)} gets ${percent(canary.share)} of the calls`]),
];

/** @param alone with the calls in all languages; otherwise in curl */
const operationText = (service: string, operation: Described['operations'][number], alone: boolean): string[] => [
  '',
  `${service}.${operation.name} -> ${operation.command === undefined ? operation.result : 'stdout, stderr, exit code and files'}`,
  ...(operation.description ? [`  ${operation.description.split('\n')[0]}`] : []),
  ...(operation.secrets ? [`  is given the secrets ${listed(operation.secrets)}`] : []),
  ...(operation.command === undefined
    ? [`  input  ${JSON.stringify(operation.input)}`, `  output ${JSON.stringify(operation.output)}`]
    : [describeCommand(operation, operation.command).replace(/^/gm, '  ')]),
  ...(alone
    ? LANGUAGES.flatMap((language) => ['', `  ${language}`, operation.example[language].replace(/^(?=.)/gm, '    ')])
    : [operation.example.curl.replace(/^/gm, '  ')]),
];

const programs = ({ tools, runtime, python }: Described): string =>
  Object.values(tools)
    .map(({ path, digest, version }) => `${path} @${short(digest)}${version === '' ? '' : ` (${version})`}`)
    .join(', ') || (runtime === 'node' ? 'Node' : `Python ${python}`);

const foot = (service: Described): string[] => {
  const { limits, canary } = service;
  const facts = [
    ['runs', `${programs(service)}, ${service.isolation}`],
    [
      'limits',
      `${limits.wallMs / 1000} s, ${limits.cpuMs / 1000} s of CPU, ${size(limits.memoryBytes)}, ${limits.subprocesses} subprocesses, results ${size(limits.outputBytes)}, files ${size(limits.fileBytes)}`,
    ],
    ['needs', service.lock === null ? 'nothing' : `${service.requirements.join(', ')} (lock ${short(service.lock)})`],
    ['policy', service.policies.map(({ name, layer, digest }) => `${name} (${layer}, ${short(digest)})`).join(', ')],
    ['aliases', service.aliases.map(({ alias, version }) => `${alias} ${short(version)}`).join(', ')],
  ];
  const more = service.versionCount - service.versions.length;
  return [
    '',
    ...facts.map(([what, text]) => `${what!.padEnd(8)} ${text}`),
    ...service.findings.map(({ file, line, message }) => `note     ${file}${line ? `:${line}` : ''}: ${message}`),
    '',
    versionTable(service.versions),
    ...(more > 0 ? [`and ${more} more: crank versions ${service.name}`] : []),
    ...(canary === null ? [] : ['', canaryText(canary)]),
  ];
};

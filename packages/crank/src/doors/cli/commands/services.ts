import type { Operation } from '#src/core/service.ts';
import type { Command } from '../command.ts';
import { describeCommand } from '../describe-command.ts';
import { parseName, servicePath } from '../name.ts';
import { short, table } from '../table.ts';

interface Service {
  name: string;
  description: string;
  version: string;
  created: string;
  network: string[];
  secrets: Record<string, string>;
  operations: Operation[];
}

export const services: Command = {
  name: 'services',
  summary: 'what is deployed',
  run: async (context) => {
    const all: Service[] = [];
    let cursor: string | null = null;
    do {
      const page: { services: Service[]; cursor: string | null } = await context.client.json('/v1/services', {
        query: { cursor: cursor ?? undefined },
      });
      all.push(...page.services);
      cursor = page.cursor;
    } while (cursor !== null);
    context.print(all, () =>
      all.length === 0
        ? 'No services yet: `crank deploy PATH` makes one.'
        : table(
            ['SERVICE', 'VERSION', 'OPERATIONS', 'DESCRIPTION'],
            all.map((service) => [
              service.name,
              short(service.version),
              service.operations.map((operation) => operation.name).join(','),
              service.description.split('\n')[0]!.slice(0, 60),
            ]),
          ),
    );
  },
};

/** `STRIPE_KEY`, or `STRIPE_KEY (stripe-live)` where the variable has another name than the secret. */
const listed = (secrets: Readonly<Record<string, string>>): string =>
  Object.entries(secrets)
    .map(([variable, name]) => (variable === name ? name : `${variable} (${name})`))
    .join(', ');

export const describe: Command = {
  name: 'describe',
  summary: 'operations of a service with their schemas',
  args: [['<name>', 'service']],
  run: async (context, [text]) => {
    const name = parseName(text!);
    const service = await context.client.json<Service>(servicePath(name), { query: { version: name.version } });
    context.print(service, () =>
      [
        `${service.name} @${short(service.version)}, deployed ${service.created}`,
        ...(service.description ? [service.description] : []),
        ...(service.network.length > 0 ? [`asks for a network: ${service.network.join(', ')}`] : []),
        ...(Object.keys(service.secrets).length > 0 ? [`is given the secrets ${listed(service.secrets)}`] : []),
        ...service.operations.flatMap((operation) => [
          '',
          `${service.name}.${operation.name} -> ${operation.command === undefined ? operation.result : 'stdout, stderr, exit code and files'}`,
          ...(operation.description ? [`  ${operation.description.split('\n')[0]}`] : []),
          ...(operation.secrets ? [`  is given the secrets ${listed(operation.secrets)}`] : []),
          ...(operation.command === undefined
            ? [`  input  ${JSON.stringify(operation.input)}`, `  output ${JSON.stringify(operation.output)}`]
            : [describeCommand(operation, operation.command).replace(/^/gm, '  ')]),
        ]),
      ].join('\n'),
    );
  },
};

export const versions: Command = {
  name: 'versions',
  summary: 'versions of a service, newest first',
  args: [['<name>', 'service']],
  run: async (context, [text]) => {
    const { versions: all } = await context.client.json<{
      versions: {
        version: string;
        created: string;
        createdBy: string;
        aliases: string[];
        quarantine: { reason: string } | null;
      }[];
    }>(`${servicePath(parseName(text!))}/-/versions`);
    context.print(all, () =>
      table(
        ['VERSION', 'CREATED', 'BY', 'ALIASES', 'QUARANTINE'],
        all.map((version) => [
          short(version.version),
          version.created,
          version.createdBy,
          version.aliases.join(','),
          version.quarantine?.reason ?? '',
        ]),
      ),
    );
  },
};

export const release: Command = {
  name: 'release',
  summary: 'let a version in quarantine run again',
  args: [
    ['<name>', 'service'],
    ['<version>', 'at least 8 digits of its digest'],
  ],
  run: async (context, [text, version]) => {
    const name = parseName(text!);
    const released = await context.client.json<{ receipt: string }>(`${servicePath(name)}/-/quarantine`, {
      method: 'DELETE',
      query: { version },
    });
    context.print(released, `${name.service}@${version} runs again; receipt ${released.receipt}`);
  },
};

export const remove: Command = {
  name: 'remove',
  summary: 'remove a service; its receipts stay',
  args: [['<name>', 'service']],
  run: async (context, [text]) => {
    const removed = await context.client.json<{ receipt: string }>(servicePath(parseName(text!)), { method: 'DELETE' });
    context.print(removed, `${text} removed; receipt ${removed.receipt}`);
  },
};

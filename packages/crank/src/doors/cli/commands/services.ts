import type { Operation } from '#src/core/service.ts';
import type { Command } from '../command.ts';
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
  summary: 'remove a service, or NAME@VERSION alone; receipts stay',
  args: [['<name>', 'service, or one version of it']],
  run: async (context, [text]) => {
    const name = parseName(text!);
    const path = servicePath(name);
    const at = name.version === undefined ? path : `${path}/-/versions/${encodeURIComponent(name.version)}`;
    const removed = await context.client.json<{ receipt: string }>(at, { method: 'DELETE' });
    context.print(removed, `${text} removed; receipt ${removed.receipt}`);
  },
};

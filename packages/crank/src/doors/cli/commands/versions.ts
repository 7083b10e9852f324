import type { Command } from '../command.ts';
import { parseName, servicePath } from '../name.ts';
import { percent, size } from '../quantity.ts';
import { short, table } from '../table.ts';

export interface Version {
  version: string;
  created: string;
  createdBy: string;
  aliases: string[];
  share: number;
  size: number | null;
  quarantine: { reason: string } | null;
}

/** Versions for people. */
export const versionTable = (all: readonly Version[]): string =>
  table(
    ['VERSION', 'CREATED', 'BY', 'ALIASES', 'SHARE', 'SIZE', ...(all.some(inQuarantine) ? ['QUARANTINE'] : [])],
    all.map((version) => [
      short(version.version),
      version.created,
      version.createdBy,
      version.aliases.join(','),
      version.share === 0 ? '' : percent(version.share),
      version.size === null ? '' : size(version.size),
      ...(inQuarantine(version) ? [version.quarantine!.reason] : []),
    ]),
  );

const inQuarantine = ({ quarantine }: Version): boolean => quarantine !== null;

export const versions: Command = {
  name: 'versions',
  summary: 'versions of a service, newest first, with what names them and their share of the calls',
  args: [['<name>', 'service']],
  run: async (context, [text]) => {
    const path = `${servicePath(parseName(text!))}/-/versions`;
    const all: Version[] = [];
    let cursor: string | null = null;
    do {
      const page: { versions: Version[]; cursor: string | null } = await context.client.json(path, {
        query: { cursor: cursor ?? undefined },
      });
      all.push(...page.versions);
      cursor = page.cursor;
    } while (cursor !== null);
    context.print(all, () => versionTable(all));
  },
};

export const rollback: Command = {
  name: 'rollback',
  summary: 'make an earlier version the latest; without VERSION undo the last change of what calls get',
  args: [
    ['<name>', 'service'],
    ['[version]', 'digits of a version (8 or more), or an alias'],
  ],
  run: async (context, [text, version]) => {
    const name = parseName(text!);
    const done = await context.client.json<{
      version: string;
      previous: string;
      endedCanary: string | null;
      receipt: string | null;
    }>(`${servicePath(name)}/-/rollback`, { method: 'POST', json: version === undefined ? {} : { version } });
    const { receipt, previous, endedCanary } = done;
    context.print(done, () => {
      const now = `${name.service} is at ${short(done.version)}`;
      if (receipt === null) return `${now} already`;
      const was = previous === done.version ? '' : `, was ${short(previous)}`;
      return `${now}${was}${endedCanary === null ? '' : `; the canary ${short(endedCanary)} ended`}; receipt ${receipt}`;
    });
  },
};

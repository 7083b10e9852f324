import type { Command } from '../command.ts';
import { parseName, servicePath } from '../name.ts';
import { short, table } from '../table.ts';

interface Set {
  alias: string;
  version: string | null;
  previous: string | null;
  receipt: string | null;
}

export const setAlias: Command = {
  name: 'alias set',
  summary: 'let a name such as stable stand for a version',
  args: [
    ['<name>', 'service'],
    ['<alias>', 'the name'],
    ['<version>', 'digits of a version (8 or more), or another alias'],
  ],
  run: async (context, [text, alias, version]) => {
    const name = parseName(text!);
    const path = `${servicePath(name)}/-/aliases/${encodeURIComponent(alias!)}`;
    const done = await context.client.json<Set>(path, { method: 'PUT', json: { version } });
    context.print(done, () =>
      done.receipt === null
        ? `${name.service}@${alias} is ${short(done.version!)} already`
        : `${name.service}@${alias} is ${short(done.version!)}${done.previous === null ? '' : `, was ${short(done.previous)}`}; receipt ${done.receipt}`,
    );
  },
};

export const deleteAlias: Command = {
  name: 'alias delete',
  summary: 'take a name away; the version stays',
  args: [
    ['<name>', 'service'],
    ['<alias>', 'the name'],
  ],
  run: async (context, [text, alias]) => {
    const name = parseName(text!);
    const path = `${servicePath(name)}/-/aliases/${encodeURIComponent(alias!)}`;
    const done = await context.client.json<Set>(path, { method: 'DELETE' });
    context.print(
      done,
      `${name.service}@${alias}, which was ${short(done.previous!)}, is gone; receipt ${done.receipt}`,
    );
  },
};

export const listAliases: Command = {
  name: 'alias list',
  summary: 'names of versions, and who set them',
  args: [['<name>', 'service']],
  run: async (context, [text]) => {
    const { aliases } = await context.client.json<{
      aliases: { alias: string; version: string; set: string | null; setBy: string | null }[];
    }>(`${servicePath(parseName(text!))}/-/aliases`);
    context.print(aliases, () =>
      table(
        ['ALIAS', 'VERSION', 'SET', 'BY'],
        aliases.map(({ alias, version, set, setBy }) => [alias, short(version), set ?? '', setBy ?? '']),
      ),
    );
  },
};

import { CrankError } from '#src/core/error.ts';
import { roles } from '#src/core/service.ts';
import type { Command, Context } from '../command.ts';
import { one } from '../command.ts';
import { table } from '../table.ts';

interface Key {
  id: string;
  name: string;
  role: string;
  kind: string;
  account: string;
  created: string;
  revoked: string | null;
}

export const createKey: Command = {
  name: 'key create',
  summary: 'make an API key; it is shown once',
  options: [
    { flags: '--name <name>', help: 'whose it is' },
    { flags: '--role <role>', help: `${roles.slice(0, -1).join(', ')} or ${roles.at(-1)}` },
    { flags: '--kind <kind>', help: 'user (the default), agent or service' },
    { flags: '--budget <usd>', help: 'dollars that it may spend in all' },
  ],
  run: async (context, _args, options) => {
    const name = one(options, 'name');
    const role = one(options, 'role');
    if (name === undefined || role === undefined)
      throw new CrankError('invalid-input', `Give --name and --role (${roles.join(', ')}).`);
    const kind = one(options, 'kind');
    const key = await context.client.json<Key & { key: string }>('/v1/keys', {
      method: 'POST',
      json: { name, role, ...(kind !== undefined && { kind }) },
    });
    const usd = one(options, 'budget');
    if (usd !== undefined) await bound(context, key.id, usd);
    context.print(
      key,
      `${key.key}\n${key.id} (${key.role}) of ${key.account}: store the key now, it is not shown again.`,
    );
  },
};

/** A key that is not bounded as it was asked for is none. */
const bound = async (context: Context, id: string, usd: string): Promise<void> => {
  try {
    await context.client.json('/v1/budgets', { method: 'POST', json: { scope: 'key', of: id, period: 'total', usd } });
  } catch (error) {
    await context.client.json(`/v1/keys/${encodeURIComponent(id)}`, { method: 'DELETE' });
    throw error;
  }
};

export const listKeys: Command = {
  name: 'key list',
  summary: 'API keys of the account, without the keys themselves',
  run: async (context) => {
    const { keys } = await context.client.json<{ keys: Key[] }>('/v1/keys');
    context.print(keys, () =>
      table(
        ['ID', 'NAME', 'ROLE', 'KIND', 'CREATED', 'REVOKED'],
        keys.map((key) => [key.id, key.name, key.role, key.kind, key.created, key.revoked ?? '']),
      ),
    );
  },
};

export const revokeKey: Command = {
  name: 'key revoke',
  summary: 'refuse a key from now on',
  args: [['<id>', 'id of the key']],
  run: async (context, [id]) => {
    const answer = await context.client.json<{ receipt: string | null }>(`/v1/keys/${encodeURIComponent(id!)}`, {
      method: 'DELETE',
    });
    context.print(
      answer,
      answer.receipt === null ? `${id} was revoked before` : `${id} revoked; receipt ${answer.receipt}`,
    );
  },
};

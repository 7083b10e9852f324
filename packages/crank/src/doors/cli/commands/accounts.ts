import type { Command } from '../command.ts';
import { table } from '../table.ts';

interface Account {
  name: string;
  created: string;
}

export const createAccount: Command = {
  name: 'account create',
  summary: 'make an account with the key of its owner (operators of the node)',
  args: [['<name>', 'lower-case letters, digits, -']],
  run: async (context, [name]) => {
    const account = await context.client.json<Account & { owner: { id: string; key: string }; receipt: string }>(
      '/v1/accounts',
      { method: 'POST', json: { name } },
    );
    context.print(
      account,
      `${account.owner.key}\n${account.owner.id} (owner) of ${account.name}: store the key now, it is not shown again.`,
    );
  },
};

export const listAccounts: Command = {
  name: 'account list',
  summary: 'accounts of the node (its operators)',
  run: async (context) => {
    const { accounts } = await context.client.json<{ accounts: Account[] }>('/v1/accounts');
    context.print(accounts, () =>
      table(
        ['NAME', 'CREATED'],
        accounts.map(({ name, created }) => [name, created]),
      ),
    );
  },
};

import type { Command } from '../command.ts';
import { readSecret } from '../read-secret.ts';
import { table } from '../table.ts';

interface Secret {
  name: string;
  version: number;
  created: string;
  rotated: string;
  usedBy: string[];
}

export const setSecret: Command = {
  name: 'secret set',
  summary: 'set a secret, or give it another value',
  args: [
    ['<name>', 'such as STRIPE_KEY'],
    ['[source]', '- for stdin, @FILE; otherwise you are asked'],
  ],
  run: async (context, [name, source]) => {
    const value = await readSecret(source, `Value of ${name}: `);
    const secret = await context.client.json<Secret & { receipt: string }>(`/v1/secrets/${encodeURIComponent(name!)}`, {
      method: 'PUT',
      json: { value },
    });
    context.print(secret, `${secret.name} is set (version ${secret.version}); receipt ${secret.receipt}`);
  },
};

export const listSecrets: Command = {
  name: 'secret list',
  summary: 'secrets of the account, without their values',
  run: async (context) => {
    const { secrets } = await context.client.json<{ secrets: Secret[] }>('/v1/secrets');
    context.print(secrets, () =>
      secrets.length === 0
        ? 'No secrets yet: `crank secret set NAME` makes one.'
        : table(
            ['NAME', 'VERSION', 'CREATED', 'ROTATED', 'USED BY'],
            secrets.map((one) => [one.name, String(one.version), one.created, one.rotated, one.usedBy.join(', ')]),
          ),
    );
  },
};

export const removeSecret: Command = {
  name: 'secret remove',
  summary: 'take a secret away: calls that ask for it are refused',
  args: [['<name>', 'secret']],
  run: async (context, [name]) => {
    const answer = await context.client.json<{ receipt: string }>(`/v1/secrets/${encodeURIComponent(name!)}`, {
      method: 'DELETE',
    });
    context.print(answer, `${name} removed; receipt ${answer.receipt}`);
  },
};

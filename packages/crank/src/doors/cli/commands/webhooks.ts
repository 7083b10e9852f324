import { CrankError } from '#src/core/error.ts';
import type { Command } from '../command.ts';
import { many, one } from '../command.ts';
import { parseName } from '../name.ts';
import { readSecret } from '../read-secret.ts';
import { table } from '../table.ts';

interface Webhook {
  id: string;
  url: string;
  service: string;
  operation: string;
  verify: string;
  state: string;
  reason: string | null;
}

interface Delivery {
  delivery: string;
  state: string;
  call: string | null;
  outcome: string | null;
  reason: string | null;
  received: string;
}

const pathOf = (id: string): string => `/v1/webhooks/${encodeURIComponent(id)}`;

export const addWebhook: Command = {
  name: 'webhook add',
  summary: "make an address at which others' deliveries become calls",
  args: [['<name>', 'SERVICE[@VERSION].OPERATION']],
  options: [
    { flags: '--verify <kind>', help: 'token (default), github, stripe or standard' },
    { flags: '--secret <source>', help: 'that the sender signs with: - for stdin, or @FILE; made otherwise' },
    { flags: '--map <name=source>', help: 'an argument from a JSON Pointer, or header:NAME', repeat: true },
    { flags: '--tolerance <duration>', help: 'how old a signature may be; 5m otherwise' },
  ],
  run: async (context, [text], options) => {
    const { service, operation, version } = parseName(text!);
    if (operation === undefined) throw new CrankError('invalid-input', 'Say which operation: SERVICE.OPERATION.');
    const source = one(options, 'secret');
    const map = many(options, 'map').map((pair): [string, string] => {
      const at = pair.indexOf('=');
      if (at < 1) throw new CrankError('invalid-input', `--map ${pair} is not NAME=SOURCE.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    });
    const hook = await context.client.json<Webhook & { secret: string; receipt: string }>('/v1/webhooks', {
      method: 'POST',
      json: {
        ...{ service, operation, version, verify: one(options, 'verify') ?? 'token' },
        ...{ tolerance: one(options, 'tolerance') },
        ...(source !== undefined && { secret: await readSecret(source, '') }),
        ...(map.length > 0 && { map: Object.fromEntries(map) }),
      },
    });
    const shown = hook.verify === 'token' || source !== undefined ? '' : `\nsecret ${hook.secret}`;
    context.print(
      hook,
      `${hook.id}\n${hook.url}${shown}\nstore this now, it is not shown again; receipt ${hook.receipt}`,
    );
  },
};

export const listWebhooks: Command = {
  name: 'webhook list',
  summary: 'webhooks of the account, without their secrets',
  run: async (context) => {
    const { webhooks } = await context.client.json<{ webhooks: Webhook[] }>('/v1/webhooks');
    context.print(webhooks, () =>
      webhooks.length === 0
        ? 'No webhooks yet: `crank webhook add SERVICE.OPERATION` makes one.'
        : table(
            ['ID', 'OPERATION', 'VERIFY', 'STATE'],
            webhooks.map((hook) => [
              hook.id,
              `${hook.service}.${hook.operation}`,
              hook.verify,
              hook.reason === null ? hook.state : `${hook.state}: ${hook.reason}`,
            ]),
          ),
    );
  },
};

export const webhookDeliveries: Command = {
  name: 'webhook deliveries',
  summary: 'what came in, newest first',
  args: [['<id>', 'webhook']],
  run: async (context, [id]) => {
    const { deliveries } = await context.client.json<{ deliveries: Delivery[] }>(`${pathOf(id!)}/deliveries`);
    context.print(deliveries, () =>
      table(
        ['RECEIVED', 'STATE', 'OUTCOME', 'CALL', 'DELIVERY'],
        deliveries.map((one) => [one.received, one.state, one.outcome ?? '', one.call ?? '', one.delivery]),
      ),
    );
  },
};

export const removeWebhook: Command = {
  name: 'webhook remove',
  summary: 'remove a webhook; its calls and receipts stay',
  args: [['<id>', 'webhook']],
  run: async (context, [id]) => {
    const answer = await context.client.json<{ receipt: string }>(pathOf(id!), { method: 'DELETE' });
    context.print(answer, `${id} removed; receipt ${answer.receipt}`);
  },
};

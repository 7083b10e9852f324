import type { Command } from '../command.ts';
import { many, one } from '../command.ts';

interface Token {
  token: string;
  id: string;
  role: string;
  scopes: string[] | null;
  onBehalfOf: string | null;
  expires: string;
  receipt: string;
}

export const createToken: Command = {
  name: 'key token',
  summary: 'mint a short-lived token from your key, for less than the key may',
  options: [
    { flags: '--role <role>', help: "the key's own, or less" },
    {
      flags: '--scope <scope>',
      help: 'what it is for: service.call, service.call:NAME.OPERATION, call.*',
      repeat: true,
    },
    { flags: '--for <duration>', help: 'how long it lives: 10m where absent, 1h at most' },
    { flags: '--on-behalf-of <user>', help: 'the user whom it acts for (keys of the kind agent or service)' },
  ],
  run: async (context, _args, options) => {
    const [role, life, onBehalfOf] = ['role', 'for', 'onBehalfOf'].map((name) => one(options, name));
    const scopes = many(options, 'scope');
    const token = await context.client.json<Token>('/v1/tokens', {
      method: 'POST',
      json: {
        ...(role !== undefined && { role }),
        ...(scopes.length > 0 && { scopes }),
        ...(life !== undefined && { life }),
        ...(onBehalfOf !== undefined && { onBehalfOf }),
      },
    });
    const what = token.scopes === null ? `all that the role ${token.role} may` : token.scopes.join(', ');
    context.progress(`${token.id} for ${what}, until ${token.expires}; receipt ${token.receipt}`);
    context.print(token, token.token);
  },
};

export const rotateTokenKey: Command = {
  name: 'key rotate-token-key',
  summary: 'have tokens signed by a new key (operators of the node)',
  options: [{ flags: '--discard', help: 'refuse what older keys signed at once, not when it has ended' }],
  run: async (context, _args, options) => {
    const answer = await context.client.json<{ kid: string; receipt: string }>('/v1/tokens/rotate-key', {
      method: 'POST',
      json: { discard: options['discard'] === true },
    });
    context.print(answer, `Tokens are signed by ${answer.kid} from now on; receipt ${answer.receipt}`);
  },
};

import { CrankError } from '#src/core/error.ts';
import type { Command } from '../command.ts';
import { many, one } from '../command.ts';
import { table } from '../table.ts';

interface Issuer {
  id: string;
  url: string;
  audience: string;
  role: string;
  claims: Record<string, string>;
  listed: boolean;
}

const claimsText = (claims: Record<string, string>): string =>
  Object.entries(claims)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

const claimOf = (text: string): [string, string] => {
  const at = text.indexOf('=');
  if (at < 1) throw new CrankError('invalid-input', `"${text}" is no claim: write NAME=VALUE.`);
  return [text.slice(0, at), text.slice(at + 1)];
};

export const addIssuer: Command = {
  name: 'issuer add',
  summary: 'take tokens of an OpenID provider, for those whose claims are as said',
  args: [['<url>', 'as in the claim "iss" of its tokens']],
  options: [
    { flags: '--audience <audience>', help: 'that its tokens for this account have (claim "aud")' },
    { flags: '--role <role>', help: 'what they may do' },
    { flags: '--claim <name=value>', help: 'what they must say, such as email_domain=example.com', repeat: true },
    { flags: '--listed', help: 'name the issuer to clients that ask where tokens come from' },
  ],
  run: async (context, [url], options) => {
    const audience = one(options, 'audience');
    const role = one(options, 'role');
    if (audience === undefined || role === undefined)
      throw new CrankError('invalid-input', 'Give --audience and --role.');
    const claims = Object.fromEntries(many(options, 'claim').map(claimOf));
    const issuer = await context.client.json<Issuer & { receipt: string }>('/v1/issuers', {
      method: 'POST',
      json: { url, audience, role, claims, listed: options['listed'] === true },
    });
    context.print(
      issuer,
      `${issuer.id}: tokens of ${issuer.url} for ${issuer.audience} are ${issuer.role}; receipt ${issuer.receipt}`,
    );
  },
};

export const listIssuers: Command = {
  name: 'issuer list',
  summary: 'issuers whose tokens the account takes',
  run: async (context) => {
    const { issuers } = await context.client.json<{ issuers: Issuer[] }>('/v1/issuers');
    context.print(issuers, () =>
      issuers.length === 0
        ? 'No issuers yet: `crank issuer add URL --audience A --role ROLE` adds one.'
        : table(
            ['ID', 'ISSUER', 'AUDIENCE', 'ROLE', 'CLAIMS'],
            issuers.map((one) => [one.id, one.url, one.audience, one.role, claimsText(one.claims)]),
          ),
    );
  },
};

export const removeIssuer: Command = {
  name: 'issuer remove',
  summary: 'take its tokens no more, from now on',
  args: [['<id>', 'id of the rule']],
  run: async (context, [id]) => {
    const answer = await context.client.json<{ receipt: string }>(`/v1/issuers/${encodeURIComponent(id!)}`, {
      method: 'DELETE',
    });
    context.print(answer, `${id} removed; receipt ${answer.receipt}`);
  },
};

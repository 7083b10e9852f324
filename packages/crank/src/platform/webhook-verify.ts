import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export const webhookKinds = ['token', 'github', 'stripe', 'standard'] as const;
export type WebhookKind = (typeof webhookKinds)[number];

/** A request to a webhook, unverified. */
export interface Delivered {
  headers: IncomingHttpHeaders;
  /** From the address, where it has one. */
  token: string | undefined;
  body: Buffer;
  contentType: string | undefined;
}

/** What a signature proves. */
export type Verified =
  /** `id`: by which a repeat is known; undefined where nothing tells one. `at`: when it was signed, where that was, too. */
  { id: string | undefined; at: number | undefined } | undefined;

/**
 * Whether a delivery was signed with the secret. Takes as long for a wrong signature as for a right one.
 *
 * - `token`: the token is in the address, or in `Authorization: Bearer`
 * - `github`: `X-Hub-Signature-256: sha256=HEX`, over the body. Neither time nor delivery id is signed, so the body is its id
 * - `stripe`: `Stripe-Signature: t=SECONDS,v1=HEX[,v1=HEX]`, over `t.body`; the id is the event's
 * - `standard`: Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,BASE64[ v1,BASE64]`, over
 *   `id.timestamp.body`; the secret is base64 behind `whsec_`
 */
export const verify = (kind: WebhookKind, secret: string, delivered: Delivered): Verified => {
  switch (kind) {
    case 'token':
      return byToken(secret, delivered);
    case 'github':
      return byGithub(secret, delivered);
    case 'stripe':
      return byStripe(secret, delivered);
    case 'standard':
      return byStandard(secret, delivered);
  }
};

const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest();

/** Compares without telling where they differ, whatever their lengths. */
const same = (a: string | Buffer, b: string | Buffer): boolean => timingSafeEqual(sha256(a), sha256(b));

const header = (headers: IncomingHttpHeaders, name: string): string => {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
};

const byToken = (secret: string, { token, headers }: Delivered): Verified => {
  const given = token ?? /^Bearer +(\S+)$/i.exec(header(headers, 'authorization'))?.[1] ?? '';
  if (!same(given, secret)) return undefined;
  const id = ['webhook-id', 'x-delivery-id', 'idempotency-key'].map((name) => header(headers, name)).find(Boolean);
  return { id: id?.slice(0, 255), at: undefined };
};

const byGithub = (secret: string, { headers, body }: Delivered): Verified => {
  const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  if (!same(header(headers, 'x-hub-signature-256'), expected)) return undefined;
  return { id: `body-${sha256(body).toString('hex')}`, at: undefined };
};

const byStripe = (secret: string, { headers, body }: Delivered): Verified => {
  const parts = header(headers, 'stripe-signature')
    .split(',')
    .map((part) => part.trim().split('='));
  const time = parts.find(([name]) => name === 't')?.[1] ?? '';
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex');
  const given = parts.filter(([name]) => name === 'v1').slice(0, 8);
  const right = given.map(([, value]) => same(value ?? '', expected)).includes(true);
  if (!right || !/^\d{1,12}$/.test(time)) return undefined;
  return { id: `event-${eventOf(body) ?? sha256(body).toString('hex')}`, at: Number(time) * 1_000 };
};

const eventOf = (body: Buffer): string | undefined => {
  try {
    const { id } = JSON.parse(body.toString()) as { id?: unknown };
    return typeof id === 'string' && id.length <= 200 ? id : undefined;
  } catch {
    return undefined;
  }
};

const byStandard = (secret: string, { headers, body }: Delivered): Verified => {
  const id = header(headers, 'webhook-id');
  const time = header(headers, 'webhook-timestamp');
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = `v1,${createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')}`;
  const given = header(headers, 'webhook-signature').split(' ').slice(0, 8);
  const right = given.map((one) => same(one, expected)).includes(true);
  if (!right || id === '' || id.length > 255 || !/^\d{1,12}$/.test(time)) return undefined;
  return { id: `id-${id}`, at: Number(time) * 1_000 };
};

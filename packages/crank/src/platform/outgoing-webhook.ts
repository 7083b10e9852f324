import { createHmac } from 'node:crypto';
import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Socket } from 'node:net';
import { connect as startTls } from 'node:tls';
import { parseDestination } from '#src/core/destination.ts';
import { CrankError } from '#src/core/error.ts';
import type { Platform } from './platform.ts';

const ANSWER_MS = 10_000;
const SECRET = 'whsec_';

/** An address that webhooks are sent to. @throws CrankError `invalid-input` */
export const parseWebhookUrl = (text: string): URL => {
  const wrong = (why: string): CrankError => {
    const message = `${why}: give an address such as https://example.org/hooks/budgets`;
    return new CrankError('invalid-input', `The member "webhook" ${message}.`, {
      errors: [{ pointer: '/webhook', message }],
    });
  };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong('is no URL');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw wrong('is neither https nor http');
  if (url.username !== '' || url.password !== '') throw wrong('has credentials in it');
  if ('wrong' in parseDestination(hostOf(url))) throw wrong('names no host that can be reached');
  return url;
};

const hostOf = ({ hostname, port, protocol }: URL): string =>
  `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;

/**
 * Posts JSON, signed as Standard Webhooks 1.0 has it: `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,BASE64` over
 * `id.timestamp.body`. The address obeys the rules of services' egress; redirects are not followed.
 *
 * @param secret base64 behind `whsec_`
 * @throws Error where it was not taken: the host cannot be reached, or answers with anything but 2xx
 */
export const postWebhook = async (
  { egress }: Pick<Platform, 'egress'>,
  url: URL,
  { id, secret, body }: { id: string; secret: string; body: string },
): Promise<void> => {
  const seconds = Math.floor(Date.now() / 1000);
  const key = Buffer.from(secret.slice(SECRET.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  const destination = parseDestination(hostOf(url));
  if ('wrong' in destination) throw new Error(`${url.host} ${destination.wrong}`);
  const socket = await egress.dial(destination);
  try {
    await send(url, socket, body, {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': 'crank',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${signature}`,
    });
  } finally {
    socket.destroy();
  }
};

const send = (url: URL, socket: Socket, body: string, headers: Record<string, string>): Promise<void> =>
  new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:';
    const createConnection = () => (secure ? startTls({ socket, servername: url.hostname }) : socket);
    const options = { method: 'POST', headers, agent: false as const, createConnection };
    const sent = (secure ? overHttps : overHttp)(url, options, (answer) => {
      answer.resume();
      clearTimeout(timer);
      const { statusCode = 0 } = answer;
      if (statusCode >= 200 && statusCode < 300) resolve();
      else reject(new Error(`${url.host} answered ${statusCode}`));
    });
    const timer = setTimeout(() => sent.destroy(new Error(`${url.host} did not answer in time`)), ANSWER_MS);
    sent.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(body);
  });

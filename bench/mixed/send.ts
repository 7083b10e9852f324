import { Agent, request } from 'node:http';
import type { KnownCall } from './kinds.ts';

export interface Answered {
  /** 0 where there was no answer. */
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: Buffer;
  /** Whether it came to its end. */
  whole: boolean;
  /** Milliseconds from the sending to the end. */
  ms: number;
}

export interface Sender {
  send(call: KnownCall, headers: Record<string, string>): Promise<Answered>;
  get(path: string, headers: Record<string, string>): Promise<Answered>;
  close(): void;
}

/** Never rejects. @param patienceMs after which a request is given up */
export const sender = (url: string, patienceMs: number): Sender => {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(url);
  const exchange = (method: string, path: string, headers: Record<string, string>, text?: string): Promise<Answered> =>
    new Promise((resolve) => {
      const start = performance.now();
      const chunks: Buffer[] = [];
      let answer: Pick<Answered, 'status' | 'headers'> = { status: 0, headers: {} };
      const end = (whole: boolean): void =>
        resolve({ ...answer, body: Buffer.concat(chunks), whole, ms: performance.now() - start });
      const sent = request({ agent, hostname, port, path, method, headers }, (incoming) => {
        answer = { status: incoming.statusCode ?? 0, headers: incoming.headers };
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('end', () => end(true));
        incoming.once('error', () => end(false));
      });
      sent.setTimeout(patienceMs, () => sent.destroy());
      sent.once('error', () => end(false));
      sent.end(text);
    });
  return {
    send: (call, headers) => {
      const text = JSON.stringify(call.input);
      const length = String(Buffer.byteLength(text));
      return exchange(
        'POST',
        `/v1/services/${call.service}/${call.operation}`,
        { 'content-type': 'application/json', 'content-length': length, ...headers },
        text,
      );
    },
    get: (path, headers) => exchange('GET', path, headers),
    close: () => agent.destroy(),
  };
};

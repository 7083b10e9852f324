import type { IncomingMessage } from 'node:http';
import { CrankError } from '#src/core/error.ts';

const megabytes = (bytes: number): string =>
  bytes >= 2 ** 20 ? `${Math.floor(bytes / 2 ** 20)} MiB` : `${Math.floor(bytes / 2 ** 10)} KiB`;

export const tooLarge = (what: string, limit: number): CrankError =>
  new CrankError('too-large', `${what} has more than ${megabytes(limit)}, the limit here: send less at once.`);

const brokenOff = (cause?: unknown): CrankError =>
  new CrankError('cancelled', 'The caller went away before its request was whole.', { cause });

/** @throws CrankError `unsupported-media-type` for a compressed body */
const assertPlain = (raw: IncomingMessage): void => {
  const encoding = raw.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new CrankError('unsupported-media-type', 'The body is compressed: send it without a Content-Encoding.');
  }
};

/**
 * All bytes of a body.
 *
 * @param limit bytes
 * @throws CrankError `too-large`; `cancelled` where the client goes away; `unsupported-media-type`
 */
export const readBody = (raw: IncomingMessage, limit: number): Promise<Buffer> => {
  assertPlain(raw);
  if (Number(raw.headers['content-length'] ?? 0) > limit) throw tooLarge('The body', limit);
  return new Promise((resolve, reject) => {
    let only: Buffer | undefined;
    const chunks: Buffer[] = [];
    let size = 0;
    const done = (): void => {
      raw.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limit) {
        done();
        reject(tooLarge('The body', limit));
      } else if (only === undefined) only = chunk;
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      done();
      if (only === undefined) resolve(Buffer.alloc(0));
      else resolve(chunks.length === 0 ? only : Buffer.concat([only, ...chunks]));
    };
    const onBroken = (error?: Error): void => {
      done();
      reject(brokenOff(error));
    };
    if (raw.destroyed && !raw.readableEnded) onBroken();
    else if (raw.readableEnded) onEnd();
    else raw.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  });
};

/** A body piece by piece. The request outlives the loop, so that it can still be answered. @throws CrankError `cancelled` */
export async function* bodyChunks(raw: IncomingMessage): AsyncGenerator<Buffer, void, void> {
  assertPlain(raw);
  try {
    for await (const chunk of raw.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } catch (error) {
    throw brokenOff(error);
  }
}

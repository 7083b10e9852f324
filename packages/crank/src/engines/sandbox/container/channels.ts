import { randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';

const secretBytes = 16;
const helloBytes = secretBytes + 2;

/** The sockets of a container, which an engine's command line does not pass on: it comes and gets them. */
export interface Channels {
  /** Host folder to be bound at /channels. */
  readonly folder: string;
  /** What the container says to show that it is the one, in hexadecimal; it is told by standard input. */
  readonly secret: string;
  /** All of them, in order, once each was fetched. From then on nobody else can. */
  readonly all: Promise<Socket[]>;
  /** May be called more than once. */
  close(): Promise<void>;
}

/**
 * @param folder does not exist yet; in one that others cannot list
 */
export const openChannels = async (folder: string, count: number): Promise<Channels> => {
  await mkdir(folder);
  await chmod(folder, 0o711);
  const secret = randomBytes(secretBytes);
  const found = new Map<number, Socket>();
  const all = Promise.withResolvers<Socket[]>();
  all.promise.catch(() => {}); // it may be that nobody waits for it any more
  let closing: Promise<void> | undefined;
  const server = createServer((socket) => {
    const greet = (): void => {
      const hello = socket.read(helloBytes) as Buffer | null;
      if (hello === null) return void socket.once('readable', greet);
      const index = hello.readUInt16LE(secretBytes);
      if (!timingSafeEqual(hello.subarray(0, secretBytes), secret) || index >= count || found.has(index)) {
        socket.destroy();
        return;
      }
      found.set(index, socket);
      if (found.size < count) return;
      all.resolve(Array.from({ length: count }, (_, i) => found.get(i)!));
      void close();
    };
    socket.on('error', () => {}); // EPIPE and ECONNRESET: the container's end shows elsewhere
    socket.once('readable', greet);
  });
  const close = (): Promise<void> => {
    closing ??= (async () => {
      server.close();
      all.reject(new Error('the container ended before it fetched its channels'));
      await rm(folder, { recursive: true, force: true });
    })();
    return closing;
  };
  // By way of a descriptor: a socket's path may have 107 bytes (unix(7)), a data folder's more.
  const handle = openSync(folder, 'r');
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(`/proc/self/fd/${handle}/socket`, resolve);
    });
  } finally {
    closeSync(handle);
  }
  await chmod(`${folder}/socket`, 0o777);
  return { folder, secret: secret.toString('hex'), all: all.promise, close };
};

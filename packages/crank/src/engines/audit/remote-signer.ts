import { createConnection, type Socket } from 'node:net';
import { parseVkey } from 'crank-verify';
import { CrankError } from '#src/core/error.ts';
import type { KeyName } from './keys.ts';

/** Milliseconds for an answer. */
const TIMEOUT = 5_000;
/** Milliseconds between tries to reach a signing process that is away. */
const RETRY = 250;

/** Signs from outside this process, perhaps in hardware: many messages at a time, and it may be away for a while. */
export interface RemoteSigner extends KeyName {
  /**
   * Ed25519 signatures of messages, in one round trip.
   *
   * @throws SignerGone where nobody answers
   */
  signAll(messages: readonly Uint8Array[]): Promise<Uint8Array[]>;
  /** Resolves once the signing process answers again. */
  back(): Promise<void>;
  close(): void;
}

/** The signing process does not answer: nothing can be signed, so nothing can be recorded. */
export class SignerGone extends Error {
  override readonly name = 'SignerGone';
}

interface Waiting {
  resolve(line: string): void;
  reject(error: Error): void;
}

/**
 * A client of the signing process's protocol (docs/signer.md): one line asks, one line answers, in order. A connection
 * that breaks is made anew by the next question.
 */
class SignerConnection {
  readonly #path: string;
  #socket: Socket | undefined;
  #waiting: Waiting[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns the words behind `ok`. @throws SignerGone; Error with what the process says where it refuses */
  async ask(...words: readonly string[]): Promise<string[]> {
    const socket = this.#socket ?? this.#connect();
    const line = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => this.#end(socket, `it does not answer within ${TIMEOUT} ms`), TIMEOUT);
      const settle =
        <T>(by: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          by(value);
        };
      this.#waiting.push({ resolve: settle(resolve), reject: settle(reject) });
      socket.write(`${words.join(' ')}\n`);
    });
    const [status, ...rest] = line.split(' ');
    if (status === 'ok') return rest;
    throw new Error(`the signing process at ${this.#path} refuses: ${rest.join(' ')}`);
  }

  close(): void {
    this.#socket?.destroy();
  }

  #connect(): Socket {
    const socket = createConnection(this.#path);
    this.#socket = socket;
    // Alone it keeps no process alive.
    socket.unref();
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        this.#waiting.shift()?.resolve(text.slice(0, end));
        text = text.slice(end + 1);
      }
    });
    socket.on('error', (error) => this.#end(socket, error.message));
    socket.on('close', () => this.#end(socket, 'it hung up'));
    return socket;
  }

  #end(socket: Socket, why: string): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    socket.destroy();
    const waiting = this.#waiting;
    this.#waiting = [];
    const error = new SignerGone(`the signing process at ${this.#path} is away: ${why}`);
    for (const { reject } of waiting) reject(error);
  }
}

/** What only the owner of the key asks for, beside signatures. */
export interface SocketSigner extends RemoteSigner {
  signWith(hint: string, messages: readonly Uint8Array[]): Promise<Uint8Array[]>;
  next(): Promise<KeyName>;
  use(hint: string): Promise<void>;
}

const nameOf = async (vkey: string | undefined, name: string): Promise<KeyName> => {
  const key = await parseVkey(vkey ?? '');
  if (key.name !== name) throw new Error(`the signing process answers with a key of ${key.name}, not of ${name}`);
  return { name, vkey: key.text, hint: key.text.split('+').slice(0, 2).join('+'), id: key.id };
};

/**
 * Opens the key of a log that a signing process holds.
 *
 * @throws CrankError `unavailable` where the process is away or has no key for this log
 */
export const openRemoteSigner = async (path: string, name: string): Promise<SocketSigner> => {
  const connection = new SignerConnection(path);
  const signWith = async (hint: string, messages: readonly Uint8Array[]): Promise<Uint8Array[]> => {
    const answered = await connection.ask('sign', hint, ...messages.map((one) => Buffer.from(one).toString('base64')));
    const signatures = answered.map((one) => Buffer.from(one, 'base64'));
    if (signatures.length !== messages.length || signatures.some(({ length }) => length !== 64))
      throw new Error('the signing process gave no Ed25519 signatures');
    return signatures;
  };
  let key: KeyName;
  try {
    key = await nameOf((await connection.ask('key', name))[0], name);
  } catch (error) {
    connection.close();
    throw new CrankError('unavailable', `No signing key: ${(error as Error).message}. CRANK_SIGNER names its socket.`);
  }
  return {
    ...key,
    signWith,
    signAll: (messages) => signWith(key.hint, messages),
    next: async () => nameOf((await connection.ask('next', name))[0], name),
    use: async (hint) => {
      await connection.ask('use', hint);
    },
    back: async () => {
      for (;;) {
        try {
          await connection.ask('key', name);
          return;
        } catch (error) {
          if (!(error instanceof SignerGone)) throw error;
          await new Promise((resolve) => setTimeout(resolve, RETRY));
        }
      }
    },
    close: () => connection.close(),
  };
};

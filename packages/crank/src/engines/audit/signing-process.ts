import { chmodSync, rmSync, statSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { ACCEPTANCE, IN_TOTO, isKeyName } from 'crank-verify';
import { CrankError } from '#src/core/error.ts';
import { loadSigner, loadVkey, replaceKey, type Signer } from './keys.ts';

/** A group of 512 receipts has about 2 MiB. */
const MAX_LINE = 64 << 20;

/** The only three things that a log's key ever signs: statements, the log's heads, and that it takes a log over. */
const isOurs = (message: Buffer, name: string): boolean =>
  [`DSSEv1 ${IN_TOTO.length} ${IN_TOTO} `, `${name}\n`, `${ACCEPTANCE}\n`].some((head) =>
    message.subarray(0, Buffer.byteLength(head)).equals(Buffer.from(head)),
  );

/** Answers one line of the protocol (docs/signer.md). The keys lie in files, one folder a log. */
const answererOf = (folder: string): ((line: string) => string) => {
  const loaded = new Map<string, Signer>();
  const folderOf = (name: string): string => join(folder, encodeURIComponent(name));
  const take = (name: string | undefined, file: 'log' | 'log.next'): Signer => {
    if (name === undefined || !isKeyName(name)) throw new Error('the name of a log is missing');
    const signer = loadSigner(folderOf(name), name, file);
    loaded.set(signer.hint, signer);
    return signer;
  };
  const find = (hint: string | undefined): Signer => {
    const known = loaded.get(hint ?? '');
    if (known !== undefined) return known;
    const name = hint?.split('+')[0] ?? '';
    for (const file of ['log', 'log.next'] as const) {
      if (isKeyName(name) && loadVkey(folderOf(name), file)?.startsWith(`${hint}+`)) return take(name, file);
    }
    throw new Error(`there is no key ${hint}`);
  };
  return (line) => {
    const [verb, subject, ...rest] = line.split(' ');
    switch (verb) {
      case 'key':
        return take(subject, 'log').vkey;
      case 'next':
        return take(subject, 'log.next').vkey;
      case 'sign': {
        const signer = find(subject);
        const messages = rest.map((one) => Buffer.from(one, 'base64'));
        if (messages.length === 0) throw new Error('there is nothing to sign');
        if (!messages.every((message) => isOurs(message, signer.name)))
          throw new Error('this is no statement, head or hand-over of that log');
        return messages.map((message) => Buffer.from(signer.sign(message)).toString('base64')).join(' ');
      }
      case 'use': {
        const signer = find(subject);
        const at = folderOf(signer.name);
        if (loadVkey(at) === signer.vkey) return '';
        replaceKey(at);
        for (const [hint, { name }] of loaded) if (name === signer.name && hint !== signer.hint) loaded.delete(hint);
        return '';
      }
      default:
        throw new Error('a line begins with key, sign, next or use');
    }
  };
};

/** Whether somebody listens on a socket. */
const isAlive = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(path, () => {
      socket.destroy();
      resolve(true);
    }).on('error', () => resolve(false));
  });

/**
 * Serves the keys of logs on a Unix socket that only its owner may open: whoever connects may have statements signed, so
 * let nobody else become that user.
 *
 * @param folder for the keys (mode 0600)
 * @throws CrankError `unavailable` where another process serves there or the path is something else
 */
export const serveSigner = async (path: string, folder: string): Promise<Server> => {
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) {
    if (!statSync(path).isSocket()) throw new CrankError('invalid-input', `${path} exists and is no socket.`);
    if (await isAlive(path)) throw new CrankError('unavailable', `A signing process serves ${path} already.`);
    rmSync(path);
  }
  const answer = answererOf(folder);
  const serve = (socket: Socket): void => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > MAX_LINE) socket.destroy();
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        let reply: string;
        try {
          reply = `ok ${answer(line)}`.trimEnd();
        } catch (error) {
          reply = `error ${(error as Error).message.replaceAll('\n', ' ')}`;
        }
        socket.write(`${reply}\n`);
      }
    });
  };
  const server = createServer(serve);
  // Nobody else can connect between its making and its mode.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  } finally {
    process.umask(mask);
  }
  chmodSync(path, 0o600);
  return server;
};

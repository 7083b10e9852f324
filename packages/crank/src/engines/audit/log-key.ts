import { CrankError } from '#src/core/error.ts';
import { loadSigner, loadVkey, replaceKey } from './keys.ts';
import { openRemoteSigner } from './remote-signer.ts';

/** Where a log's key is: in the node's keys folder, or with a signing process behind a Unix socket. */
export type KeyLocation = { folder: string; socket?: string | undefined };

/** Port: the key of a log and its successor. Every adapter passes `log-key.contract.ts`. */
export interface LogKey {
  /** Verifier key in use. */
  readonly vkey: string;
  /** The key to come, made where there is none; both keys sign until `use`. */
  next(): Promise<{ vkey: string; sign(message: Uint8Array): Promise<Uint8Array> }>;
  /** Makes the key to come the key in use and destroys the old one; does nothing where it is in use already. */
  use(vkey: string): Promise<void>;
  close(): void;
}

const noSuchKey = (vkey: string, where: string): CrankError =>
  new CrankError(
    'unavailable',
    `The log was handed over to the key ${vkey}, which is not in ${where}: put that key back, or start a new log with another data folder.`,
  );

const openFolderKey = (folder: string, name: string): LogKey => {
  let { vkey } = loadSigner(folder, name);
  return {
    get vkey() {
      return vkey;
    },
    next: async () => {
      const signer = loadSigner(folder, name, 'log.next');
      return { vkey: signer.vkey, sign: async (message) => signer.sign(message) };
    },
    use: async (wanted) => {
      if (wanted === vkey) return;
      if (loadVkey(folder, 'log.next') !== wanted) throw noSuchKey(wanted, folder);
      replaceKey(folder);
      vkey = loadSigner(folder, name).vkey;
    },
    close: () => undefined,
  };
};

const openSocketKey = async (socket: string, name: string): Promise<LogKey> => {
  const signer = await openRemoteSigner(socket, name);
  let { vkey } = signer;
  return {
    get vkey() {
      return vkey;
    },
    next: async () => {
      const made = await signer.next();
      return { vkey: made.vkey, sign: async (message) => (await signer.signWith(made.hint, [message]))[0]! };
    },
    use: async (wanted) => {
      if (wanted === vkey) return;
      const { vkey: staged, hint } = await signer.next();
      if (staged !== wanted) throw noSuchKey(wanted, `the signing process at ${socket}`);
      await signer.use(hint);
      vkey = staged;
    },
    close: signer.close,
  };
};

/** @throws CrankError `unavailable` where the key is damaged, of another log or out of reach */
export const openLogKey = async ({ folder, socket }: KeyLocation, name: string): Promise<LogKey> =>
  socket === undefined ? openFolderKey(folder, name) : openSocketKey(socket, name);

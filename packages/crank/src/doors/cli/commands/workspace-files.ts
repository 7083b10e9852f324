import { createWriteStream, openAsBlob, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { CrankError } from '#src/core/error.ts';
import { type Command, type Context, one } from '../command.ts';
import { size } from '../quantity.ts';
import { table } from '../table.ts';
import { workspacePath } from './workspaces.ts';

interface File {
  path: string;
  type: 'file' | 'folder' | 'link';
  size?: number;
  sha256?: string;
  target?: string;
  receipt?: string | null;
}

const NAME = ['<name>', 'workspace'] as const;
const PATH = ['<path>', 'within the workspace'] as const;
const SNAPSHOT = { flags: '--snapshot <number>', help: 'an earlier state' };
const OUTPUT = { flags: '-o, --output <file>', help: 'where it goes; stdout otherwise' };

const filePath = (name: string, path: string): string =>
  `${workspacePath(name)}/files/${path.split('/').map(encodeURIComponent).join('/')}`;

export const listFiles: Command = {
  name: 'workspace ls',
  summary: 'what is in it, or in a folder of it',
  args: [NAME, ['[path]', 'a folder within it']],
  options: [{ flags: '-r, --deep', help: 'with what is in its folders' }, SNAPSHOT],
  run: async ({ client, print }, [name, path], options) => {
    const all: File[] = [];
    let after: string | undefined;
    do {
      const page: { files: File[]; next?: string } = await client.json(`${workspacePath(name!)}/files`, {
        query: { path, after, snapshot: one(options, 'snapshot'), deep: options['deep'] === true ? 'true' : undefined },
      });
      all.push(...page.files);
      after = page.next;
    } while (after !== undefined);
    print(all, () => (all.length === 0 ? 'Nothing is in it.' : table(['PATH', 'SIZE', 'SHA-256'], all.map(lineOf))));
  },
};

const lineOf = ({ path, type, size: bytes = 0, sha256 = '', target }: File): string[] => {
  if (type === 'link') return [`${path} -> ${target}`, '', ''];
  return [type === 'folder' ? `${path}/` : path, size(bytes), sha256];
};

export const getFile: Command = {
  name: 'workspace get',
  summary: 'a file of it',
  args: [NAME, PATH],
  options: [OUTPUT, SNAPSHOT],
  run: (context, [name, path], options) =>
    receive(context, filePath(name!, path!), one(options, 'output'), one(options, 'snapshot')),
};

export const archiveWorkspace: Command = {
  name: 'workspace archive',
  summary: 'all of it, as a tar archive',
  args: [NAME],
  options: [OUTPUT, SNAPSHOT],
  run: (context, [name], options) =>
    receive(context, `${workspacePath(name!)}/archive`, one(options, 'output'), one(options, 'snapshot')),
};

export const putFile: Command = {
  name: 'workspace put',
  summary: 'put a file into it: all of it, or nothing',
  args: [NAME, PATH, ['<source>', 'a file, or - for stdin']],
  run: async ({ client, print }, [name, path, source]) => {
    const body = source === '-' ? new Blob([new Uint8Array(await buffer(process.stdin))]) : await blobOf(source!);
    const isExecutable = source !== '-' && (statSync(source!).mode & 0o100) !== 0;
    const put = await client.json<File>(filePath(name!, path!), {
      method: 'PUT',
      body,
      headers: { 'content-type': 'application/octet-stream' },
      query: { executable: isExecutable ? 'true' : undefined },
    });
    const receipt = put.receipt ? `; receipt ${put.receipt}` : ', as it was before';
    print(put, `${path} is in ${name} (${size(put.size!)})${receipt}`);
  },
};

export const removeFile: Command = {
  name: 'workspace rm',
  summary: 'remove a file or folder of it',
  args: [NAME, PATH],
  run: async ({ client, print }, [name, path]) => {
    const answer = await client.json<{ receipt: string }>(filePath(name!, path!), { method: 'DELETE' });
    print(answer, `${path} is removed from ${name}; receipt ${answer.receipt}`);
  },
};

const blobOf = async (source: string): Promise<Blob> => {
  try {
    return await openAsBlob(source);
  } catch (error) {
    throw new CrankError('invalid-input', `${source} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
};

/** Content goes where it is to be as it comes, whatever its size. */
const receive = async (
  { client, write }: Context,
  path: string,
  file: string | undefined,
  snapshot: string | undefined,
): Promise<void> => {
  const { body } = await client.send(path, { query: { snapshot } });
  if (body === null) return;
  const bytes = Readable.fromWeb(body as ReadableStream<Uint8Array>);
  if (file !== undefined) await pipeline(bytes, createWriteStream(file));
  else for await (const chunk of bytes) write(chunk as Uint8Array);
};

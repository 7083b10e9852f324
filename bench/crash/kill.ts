import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const WRITER = fileURLToPath(new URL('./writer.ts', import.meta.url));

export interface Writer {
  child: ChildProcess;
  /** Ids that it said are committed. */
  acknowledged: string[];
  /** Codes of what it refused. */
  refused: string[];
  /** Resolves with the next line that it prints. */
  ready: Promise<unknown>;
  ended: Promise<unknown>;
}

/** Starts a writer. @param wrap a program in front of it, such as strace */
export const startWriter = (folder: string, entries?: number, wrap: readonly string[] = []): Writer => {
  const words = [...wrap, process.execPath, WRITER, folder, ...(entries === undefined ? [] : [String(entries)])];
  const child = spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const writer: Writer = {
    child,
    acknowledged: [],
    refused: [],
    ready: once(child.stdout!, 'data'),
    ended: once(child, 'close'),
  };
  let text = '';
  child.stdout!.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    const lines = text.split('\n');
    text = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith('refused ')) writer.refused.push(line.slice('refused '.length));
      else if (line !== 'ready') writer.acknowledged.push(line);
    }
  });
  return writer;
};

/**
 * Lets a writer work for a random while after its first words, and kills it (SIGKILL).
 *
 * @param most milliseconds
 * @returns what it had acknowledged
 */
export const killOnce = async (folder: string, most: number): Promise<string[]> => {
  const writer = startWriter(folder);
  await writer.ready;
  await new Promise((resolve) => setTimeout(resolve, Math.random() * most));
  writer.child.kill('SIGKILL');
  await writer.ended;
  return writer.acknowledged;
};

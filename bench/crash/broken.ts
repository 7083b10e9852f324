import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FullReport, watch } from './full.ts';
import { startWriter } from './kill.ts';

/**
 * What fails, as `strace -e inject=` has it: every sync; every write; one call in three of all that change a file, which
 * breaks commits off in their midst.
 */
export const diskFaults = {
  sync: 'fsync,fdatasync:error=EIO',
  write: 'pwrite64:error=EIO',
  some: 'pwrite64,fsync,fdatasync,ftruncate,unlink:error=EIO:when=2+3',
} as const;

/** A disk that answers EIO to a process at work: strace attaches to it (needs the right to trace one's own children). */
export const breakDisk = async (folder: string, fault: keyof typeof diskFaults): Promise<FullReport> => {
  const writer = startWriter(folder);
  await writer.ready;
  const injected = diskFaults[fault];
  const calls = injected.slice(0, injected.indexOf(':'));
  let strace: ReturnType<typeof spawn> | undefined;
  try {
    return await watch(
      folder,
      writer,
      () => {
        const words = ['-f', '-qq', '-p', String(writer.child.pid), '-e', `trace=${calls}`, '-e', `inject=${injected}`];
        strace = spawn('strace', [...words, '-o', '/dev/null'], { stdio: ['ignore', 'ignore', 'inherit'] });
      },
      async () => {
        strace!.kill('SIGINT');
        await once(strace!, 'close');
      },
    );
  } finally {
    strace?.kill('SIGKILL');
  }
};

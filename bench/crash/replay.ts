import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from '../http-fuzz/random.ts';
import { checkLog } from './check.ts';
import { startWriter } from './kill.ts';
import { makeState } from './states.ts';
import { CALLS, type FileOp, readTrace } from './trace.ts';

export interface ReplayReport {
  /** File operations recorded, and crash states made of them and opened. */
  operations: number;
  states: number;
  unsynced: number;
  lost: number;
  /** Entries in the fullest of them. */
  largest: number;
  faults: string[];
}

/** Records what a writer does to its files. Needs strace. */
const record = async (folder: string, trace: string, entries: number): Promise<FileOp[]> => {
  const strace = ['strace', '-f', '-y', '-xx', '-s', '10000000', '-e', `trace=${CALLS}`, '-o', trace];
  const writer = startWriter(folder, entries, strace);
  await writer.ended;
  if (writer.acknowledged.length !== entries)
    throw new Error(`only ${writer.acknowledged.length} of ${entries} entries were committed under strace`);
  return readTrace(readFileSync(trace, 'utf8'), folder);
};

/** Records one run and opens, verifies and compares what a power failure at random points of it could have left. */
export const replayCrashes = async (options: {
  entries: number;
  states: number;
  seed: number;
  onProgress?: (text: string) => void;
}): Promise<ReplayReport> => {
  const home = mkdtempSync(join(tmpdir(), 'crank-crash-'));
  const random = seeded(options.seed);
  const report: ReplayReport = { operations: 0, states: 0, unsynced: 0, lost: 0, largest: 0, faults: [] };
  try {
    const folder = join(home, 'data');
    mkdirSync(folder);
    const ops = await record(folder, join(home, 'trace'), options.entries);
    report.operations = ops.length;
    for (let n = 0; n < options.states; n++) {
      const to = mkdtempSync(join(home, 'state-'));
      const count = 1 + random.below(ops.length);
      const state = makeState(ops, count, folder, to, random);
      report.states++;
      report.unsynced += state.unsynced;
      report.lost += state.lost;
      try {
        report.largest = Math.max(report.largest, await checkLog(to, state.acknowledged));
      } catch (error) {
        report.faults.push(`behind operation ${count} of ${ops.length} (state ${n}): ${(error as Error).message}`);
      }
      rmSync(to, { recursive: true, force: true });
      if (n % 20 === 19) options.onProgress?.(`${n + 1} states`);
    }
    return report;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
};

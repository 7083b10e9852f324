import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breakDisk, diskFaults } from './crash/broken.ts';
import { checkLog } from './crash/check.ts';
import { type FullReport, fillDisk, limitFiles } from './crash/full.ts';
import { killOnce } from './crash/kill.ts';
import { replayCrashes } from './crash/replay.ts';
import { machine } from './machine.ts';

// `npm run bench -- crash [ROUNDS] [STATES] [SEED]`: a node's recorder and log files are killed (SIGKILL) at random under
// load ROUNDS times; STATES power failures are made from a recorded sequence of writes (needs strace), with what was not
// synced lost or torn; the disk runs full (needs root) or answers EIO (needs strace), and files meet a limit. Each time the log must open, hold every
// acknowledged receipt and verify. Exit code 1 where that did not hold.

const [rounds = '500', states = '500', seed = '1'] = process.argv.slice(2);
const say = (text: string): void => console.error(text);
const faults: string[] = [];
const home = mkdtempSync(join(tmpdir(), 'crank-crash-'));

try {
  console.log(`${machine()}\n`);
  let acknowledged: string[] = [];
  let folder = '';
  let size = 0;
  let total = 0;
  for (let round = 0; round < Number(rounds); round++) {
    // A new log now and then: the first entries have crashes of their own.
    if (round % 25 === 0) {
      rmSync(folder || join(home, 'none'), { recursive: true, force: true });
      folder = join(home, `kill-${round}`);
      mkdirSync(folder);
      acknowledged = [];
    }
    try {
      const these = await killOnce(folder, 400);
      total += these.length;
      acknowledged.push(...these);
      size = await checkLog(folder, acknowledged);
    } catch (error) {
      faults.push(`kill ${round}: ${(error as Error).message}`);
    }
    if (round % 25 === 24) say(`${round + 1} kills, ${total} receipts acknowledged, ${faults.length} faults`);
  }
  console.log(
    `SIGKILL: ${rounds} rounds, ${total} receipts acknowledged, ${faults.length} faults; last log has ${size} entries`,
  );

  const replayed = await replayCrashes({ entries: 200, states: Number(states), seed: Number(seed), onProgress: say });
  faults.push(...replayed.faults);
  console.log(
    `power failures: ${replayed.states} states of ${replayed.operations} file operations; of ${replayed.unsynced} unsynced writes ${replayed.lost} lost or torn; ${replayed.faults.length} faults`,
  );

  const show = (what: string, report: FullReport): void => {
    faults.push(...report.faults.map((fault) => `${what}: ${fault}`));
    console.log(
      `${what}: ${report.before} committed, then refused (${JSON.stringify(report.refused)}), then ${report.after} more; ${report.faults.length} faults`,
    );
  };
  mkdirSync(join(home, 'limit'));
  show('limit on files', await limitFiles(join(home, 'limit')));
  for (const fault of Object.keys(diskFaults) as (keyof typeof diskFaults)[]) {
    mkdirSync(join(home, fault));
    show(`EIO (${fault})`, await breakDisk(join(home, fault), fault));
  }
  if (process.getuid?.() === 0) {
    mkdirSync(join(home, 'full'));
    show('full disk', await fillDisk(join(home, 'full')));
  } else console.log('full disk: left out, mounting a small one needs root');
} finally {
  rmSync(home, { recursive: true, force: true });
}
for (const fault of faults) console.error(`FAULT ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;

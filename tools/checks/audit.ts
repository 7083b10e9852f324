import { spawnSync } from 'node:child_process';
import { root } from '../repository.ts';
import { judgeAudit } from './audit-report.ts';

// Asks npm's registry for known faults of what package-lock.json names. Where it cannot be asked, that is said, and no fault.
const LONGEST_MS = 60_000;
const npm = spawnSync('npm', ['audit', '--json', '--package-lock-only'], {
  cwd: root,
  encoding: 'utf8',
  timeout: LONGEST_MS,
  maxBuffer: 2 ** 26,
});
const { faults, said } = judgeAudit(npm.error === undefined ? npm.stdout : '', npm.error?.message);
for (const fault of faults) console.error(fault);
console.log(`audit: ${said}`);
process.exitCode = faults.length === 0 ? 0 : 1;

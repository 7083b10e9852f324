import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { breakDisk } from '../../../../bench/crash/broken.ts';
import { checkLog } from '../../../../bench/crash/check.ts';
import { fillDisk, limitFiles } from '../../../../bench/crash/full.ts';
import { killOnce } from '../../../../bench/crash/kill.ts';
import { replayCrashes } from '../../../../bench/crash/replay.ts';
import { temporaryFolder } from '../support/temporary.ts';

const strace = spawnSync('strace', ['-V']).error === undefined;
const root = process.getuid?.() === 0;

/** The short version of `npm run bench -- crash`: the recorder and its log files at work, and what stops them. */
describe('the log', () => {
  const folder = temporaryFolder('crash');
  const make = (name: string): string => {
    const path = join(folder.path, name);
    mkdirSync(path);
    return path;
  };
  afterAll(() => folder.remove());

  it('opens after kill -9, whenever that came, and holds what was acknowledged', async () => {
    const home = make('kill');
    const acknowledged: string[] = [];
    for (let round = 0; round < 4; round++) {
      acknowledged.push(...(await killOnce(home, 300)));
      expect(await checkLog(home, acknowledged)).toBeGreaterThanOrEqual(acknowledged.length);
    }
    expect(acknowledged.length).toBeGreaterThan(0);
    await expect(checkLog(home, ['never written'])).rejects.toThrow(/missing/);
  });

  it.skipIf(!strace)('opens after power failures that lost or tore what was not synced (needs strace)', async () => {
    const report = await replayCrashes({ entries: 60, states: 25, seed: 3 });
    expect(report.faults).toEqual([]);
    expect(report.lost).toBeGreaterThan(0);
    expect(report.largest).toBeGreaterThan(10);
  });

  it('refuses to record where a file cannot grow, and goes on when it can', async () => {
    const report = await limitFiles(make('limit'));
    expect(report.faults).toEqual([]);
    expect(report.refused['unavailable']).toBeGreaterThan(0);
  });

  it.skipIf(!strace).each(['sync', 'write', 'some'] as const)(
    'refuses to record where the disk answers EIO (%s), and goes on when it works again (needs strace)',
    async (fault) => {
      const report = await breakDisk(make(fault), fault);
      expect(report.faults).toEqual([]);
      expect(report.refused['unavailable']).toBeGreaterThan(0);
    },
  );

  it.skipIf(!root)(
    'refuses to record where the disk is full, and goes on when there is room (needs root)',
    async () => {
      const report = await fillDisk(make('full'));
      expect(report.faults).toEqual([]);
      expect(report.refused['unavailable']).toBeGreaterThan(0);
    },
  );
});

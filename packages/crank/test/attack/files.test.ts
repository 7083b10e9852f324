import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { jsonOf } from '../sandbox/harness.ts';
import type { Ring } from './ring.ts';
import { suite } from './suite.ts';

/** A file of the host that everybody may read, if they can name it. */
const secretOf = ({ shop }: Ring): string => {
  const path = join(shop.root, 'secret.txt');
  writeFileSync(path, 'for nobody inside');
  chmodSync(path, 0o644);
  return path;
};

suite('files', ({ probe, refused }) => {
  const absent = /^refused: (ENOENT|EACCES|EPERM)$/;
  const readOnly = /^refused: (EROFS|EACCES|EPERM|ETXTBSY|ENOENT)$/;
  refused('passwords of the host', absent);
  refused('settings of the host', absent);
  refused('folders of the host', absent);
  refused('other processes in /proc', absent, ['fresh', 'able']); // a warm process is pid 1
  refused('the machine in /proc', absent, ['fresh', 'able']);
  refused('/sys', absent);
  refused('shared memory of the host', absent);
  refused('devices of the host', absent);
  refused('devices made', absent);
  refused('writing anywhere', readOnly);
  refused('changing the code', readOnly);
  refused('changing the runtime', readOnly);
  refused('changing the system', readOnly);
  refused('changing the interpreter', readOnly);
  refused('changing devices', readOnly);
  refused('mapping the code to write to it', /^refused: EACCES$/);
  refused('hard links to what is not ours', /^refused: (EXDEV|EPERM)$/);
  refused('files of the slot by handle', absent);
  refused('input files of other calls', absent);
  refused('the channel opened again', /^refused: ENXIO$/);
  refused('filling /tmp', /^refused: (ENOSPC|EFBIG)$/);
  refused('filling /tmp with names', /^refused: ENOSPC$/, ['fresh']);
  refused('huge and sparse files', /^refused: (EFBIG|ENOSPC)$/);
  for (const name of [
    'folders nested without end',
    'folders that cannot be entered',
    'the work folder replaced by a link',
  ] as const) {
    probe(name, async ({ attacker, mark }) => {
      for (const level of ['fresh', 'warm'] as const) {
        expect(jsonOf(await attacker[level]('attempt', { theme: 'files', name, mark })), level).toMatch(/^it worked/);
      }
    });
  }

  probe('a file of the host by its path', async (ring) => {
    const path = secretOf(ring);
    for (const level of ['fresh', 'warm'] as const) {
      expect(jsonOf(await ring.attacker[level]('read_path', { path }))).toMatch(/^refused: E(NOENT|BADF|NOTDIR)$/);
    }
  });

  probe('a result that is a link to a file of the host', async (ring) => {
    const path = secretOf(ring);
    for (const target of [path, `../../../..${path}`, `/proc/self/root${path}`]) {
      const { outcome } = await ring.attacker.fresh('linked_result', { target });
      // A path to nothing is a string.
      expect(['failed', 'value'], target).toContain(outcome.type);
      expect(JSON.stringify(outcome)).not.toContain('for nobody');
    }
  });

  probe('a result that is a pipe, a device or a folder', async ({ attacker }) => {
    for (const kind of ['fifo', 'device', 'folder', 'socket']) {
      const { outcome } = await attacker.fresh('odd_result', { kind });
      expect(['failed', 'value'], kind).toContain(outcome.type);
    }
  });

  probe('a result whose name leads out of the folder', async ({ attacker, shop }) => {
    for (const name of ['../../../evil', '/etc/evil', '..', 'a\0b', '']) {
      const { outcome } = await attacker.fresh('forged_file', { name });
      if (outcome.type !== 'file') continue;
      expect(dirname(outcome.path)).toMatch(new RegExp(`^${shop.root}/scratch/node-[^/]+/out$`));
      rmSync(outcome.path);
    }
    expect(readdirSync('/etc')).not.toContain('evil');
  });

  probe('a result that grows while it is read', async ({ attacker }) => {
    const { outcome } = await attacker.fresh('growing_result', {}, { limits: { wallMs: 5000 } });
    if (outcome.type === 'file') rmSync(outcome.path);
    else expect(outcome).toMatchObject({ code: 'output-too-large' });
  });

  probe('an input file written to', async (ring) => {
    const path = secretOf(ring);
    const files = [{ parameter: 'path', name: 'in.txt', path }];
    for (const level of ['fresh', 'warm'] as const) {
      expect(jsonOf(await ring.attacker[level]('spoil_input', {}, { files }))).toMatch(/^refused: E/);
    }
    expect(readFileSync(path, 'utf8')).toBe('for nobody inside');
  });
});

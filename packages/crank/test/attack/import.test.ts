import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Isolation } from '#src/core/service.ts';
import { codeOf, eventually, jsonOf } from '../sandbox/harness.ts';
import type { attacks } from './list.ts';
import type { Call, Ring } from './ring.ts';
import { suite } from './suite.ts';

type Name = keyof (typeof attacks)['import'];

/** Keys of sandboxes: of those that broke the protocol, and of all that tried. */
const violations: string[] = [];
const attacked: string[] = [];
const startMs = 3000;
const services = fileURLToPath(new URL('./services', import.meta.url));
/** The code of a call that was refused. */
const refusal = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'not refused',
    (error: { code?: unknown }) => error.code,
  );

suite(
  'import',
  ({ probe }) => {
    /** With a service that makes this attack while it is imported. Afterwards its sandbox is let go, and nothing may stay. */
    const importing = (
      name: Name,
      act: (call: Call, ring: Ring) => Promise<void>,
      isolation: Isolation = 'fresh',
    ): void => {
      probe(name, async (ring) => {
        const codeDir = join(ring.shop.root, 'importing');
        cpSync(services, codeDir, { recursive: true });
        const entry = join(codeDir, 'at_import.py');
        writeFileSync(entry, readFileSync(entry, 'utf8').replace('NAME"', `${name}"`).replace('MARK', ring.mark));
        execFileSync('chmod', ['-R', 'a+rX', codeDir]);
        attacked.push(name);
        await act(ring.service('at_import.py', isolation, { key: name, codeDir }), ring);
        await ring.shop.sandbox.retire(name);
        rmSync(codeDir, { recursive: true });
      });
    };
    /** What it could not do, and what it could. */
    const allBut = async (call: Call, harmless: readonly string[]): Promise<void> => {
      const said = jsonOf(await call('said')) as Record<string, string>;
      expect(Object.keys(said).length).toBeGreaterThan(20);
      const worked = Object.keys(said).filter((name) => !said[name]!.startsWith('refused: '));
      expect(worked.filter((name) => !harmless.includes(name))).toEqual([]);
    };

    importing('every attack on the network', (call) => allBut(call, []));
    // The platform's own way to make lines.
    importing('every attack on the kernel', (call) => allBut(call, ['a user namespace by clone']));
    importing('every attack on files', (call) =>
      // It sees its own sandbox's processes, and what /proc tells of the machine.
      allBut(call, [
        ...['other processes in /proc', 'the machine in /proc', 'folders nested without end'],
        ...['folders that cannot be entered', 'the work folder replaced by a link'],
      ]),
    );

    for (const name of [
      ...(['ready twice', 'ready before it is'] as const),
      ...(['slots that nobody asked for', 'the end of a slot that was never begun'] as const),
      ...(["a slot that is the host's own process", 'nonsense when it is ready'] as const),
    ]) {
      importing(name, async (call) => {
        // It is found out now or a moment later, and told of as the version's fault.
        await call('said').catch(() => undefined);
        await eventually(() => violations.includes(name));
        // One that was found out late may be among them, but nobody else.
        expect(violations.filter((key) => !attacked.includes(key))).toEqual([]);
      });
    }
    for (const name of [
      ...(['a frame without end', 'frames of every type'] as const),
      ...([
        'half a frame',
        'a failure that is a deep list',
        'a failure of no shape',
        'a failure that is null',
      ] as const),
      ...(['a failure that is not JSON', 'an exception of endless text', 'an exception of no shape'] as const),
      ...(['an exit', 'an exit without a word', 'a signal to itself', 'closing every descriptor'] as const),
      ...(['stopping itself', 'never ending'] as const),
    ]) {
      importing(name, async (call) => {
        expect(await refusal(call('said'))).toBe('not-deployable');
      });
    }

    importing('killing what is above it', async (call) => {
      jsonOf(await call('said'));
      expect(jsonOf(await call('add', { a: 1, b: 2 }))).toBe(3);
    });
    for (const name of ['a fork bomb', 'a bomb of threads'] as const) {
      importing(name, async (call) => {
        // What it took is missing for its own calls.
        const result = await call('said');
        if (result.outcome.type === 'value')
          expect(jsonOf(result)).toMatchObject([expect.not.stringMatching('no end')]);
        else expect(codeOf(result)).toBe('isolation-unavailable');
      });
    }
    importing('a process left behind', async (call) => {
      expect(jsonOf(await call('add', { a: 1, b: 2 }))).toBe(3);
    });
    importing('a process that answers for all slots', async (call) => {
      // Unless the slot is quicker than it.
      for (let n = 0; n < 3; n++)
        expect(await outcomeOf(call)).toMatch(/^(crashed|unavailable|not-deployable|not failed: value)$/);
    });
    importing('an exception in every child', async (call) => {
      expect(jsonOf(await call('add', { a: 1, b: 2 }))).toBe(3);
    });
    importing('the end of every child', async (call) => {
      for (let n = 0; n < 3; n++) expect(await outcomeOf(call)).toBe('crashed');
    });
    importing('figures that are lies', async (call) => {
      const { usage } = await call('add', { a: 1, b: 2 });
      for (const figure of Object.values(usage).filter((one) => typeof one === 'number')) {
        expect(Number.isSafeInteger(figure)).toBe(true);
      }
      expect(usage.cpuNs).toBeLessThan(usage.wallNs * 64);
    });
    importing("the runtime's own limits switched off", async (call, { mark }) => {
      // The outer walls stand.
      for (const name of ['a TCP socket', 'a raw socket', "a network of one's own"]) {
        expect(jsonOf(await call('attempt', { theme: 'network', name, mark }))).toMatch(/^refused: /);
      }
      for (const name of ['io_uring', 'mounting read-only files anew, to write', 'another root', 'tracing']) {
        const theme = name === 'tracing' ? 'processes' : 'kernel';
        expect(jsonOf(await call('attempt', { theme, name, mark })), name).toMatch(/^refused: /);
      }
    });
    importing('output without end', async (call) => {
      expect(jsonOf(await call('add', { a: 1, b: 2 }))).toBe(3);
    });
    importing('memory shared with all calls', async (call, { service, shop }) => {
      // Between calls of one account it is shared: that is what an author can do (THREAT_MODEL). Never between accounts.
      jsonOf(await call('count'));
      const codeDir = join(shop.root, 'importing');
      const other = service('at_import.py', 'fresh', {
        key: 'memory shared with all calls',
        codeDir,
        account: 'other',
      });
      expect(jsonOf(await other('count'))).toBe(1);
    });
  },
  { startMs, onViolation: (key) => violations.push(key) },
);

const outcomeOf = (call: Call): Promise<unknown> =>
  call('add', { a: 1, b: 2 }).then(codeOf, (error: { code?: unknown }) => error.code);

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { codeOf, jsonOf } from '../sandbox/harness.ts';
import { suite } from './suite.ts';

/** CAP_SYS_RESOURCE: root has it, but not in every container. */
const pins =
  (BigInt(`0x${/^CapEff:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]}`) & (1n << 24n)) !== 0n;

suite('processes', ({ probe, refused }) => {
  refused('a process where there may be none', /^refused: EPERM$/);
  refused('a fork bomb', /^refused: EAGAIN$/, ['able']);
  refused('a bomb of zombies', /^refused: EAGAIN$/, ['able']);
  refused('a bomb of threads', /^refused: RuntimeError$/);
  refused('killing the slot by a handle', /^refused: E(PERM|SRCH)$/);
  refused('tracing', /^refused: EPERM$/);
  refused('memory of others', /^refused: EPERM$/, ['fresh', 'able']);
  refused('descriptors of others', /^refused: EPERM$/);
  refused('becoming root', /^refused: (EPERM|EINVAL)$/);
  refused('priority', /^refused: (EPERM|EACCES)$/);
  refused('limits of others', /^refused: EPERM$/, ['fresh', 'able']);
  refused('limits raised', /^refused: EPERM$/);
  refused('a terminal', /^refused: E(NOENT|NOTTY|NXIO)$/);
  // What a privileged node has set, nobody inside may lower. Otherwise the sandbox sets it itself.
  refused('spared when memory runs out', pins ? /^refused: EACCES$/ : /^it worked/, ['fresh']);

  for (const name of ['killing everything', 'stopping everything', 'every other signal to everything'] as const) {
    probe(name, async ({ attacker, mark }) => {
      for (const level of ['fresh', 'warm', 'able'] as const) {
        const result = await attacker[level](
          'attempt',
          { theme: 'processes', name, mark },
          { limits: { wallMs: 2000 } },
        );
        // It reaches its slot, which hears nothing, and at most itself.
        if (result.outcome.type === 'failed') expect(['crashed', 'timeout']).toContain(codeOf(result));
      }
    });
  }
  for (const name of ['stopping itself', 'stopping its group', 'deaf to signals, and busy'] as const) {
    probe(name, async ({ attacker, mark }) => {
      // A warm process is pid 1 of its namespace, and does not hear its own SIGSTOP.
      for (const level of ['fresh', ...(name.startsWith('deaf') ? (['warm'] as const) : [])] as const) {
        const result = await attacker[level](
          'attempt',
          { theme: 'processes', name, mark },
          { limits: { wallMs: 300 } },
        );
        expect(codeOf(result), level).toBe('timeout');
      }
    });
  }
  probe('a bomb of exec', async ({ attacker, mark }) => {
    for (const level of ['fresh', 'warm'] as const) {
      const call = { theme: 'processes', name: 'a bomb of exec', mark };
      const result = await attacker[level]('attempt', call, { limits: { wallMs: 500 } });
      expect(['timeout', 'crashed'], level).toContain(codeOf(result));
    }
  });
  for (const name of ['orphans that go on', 'a process that adopts orphans'] as const) {
    probe(name, async ({ attacker, mark }) => {
      for (let n = 0; n < 3; n++) {
        expect(jsonOf(await attacker.able('attempt', { theme: 'processes', name, mark }))).toMatch(/^it worked/);
        expect(jsonOf(await attacker.able('look'))).toMatchObject({ processes: [] });
      }
    });
  }
  probe('orphans that write to the channel', async ({ attacker, mark }) => {
    const call = { theme: 'processes', name: 'orphans that write to the channel', mark };
    for (let n = 0; n < 3; n++) {
      const result = await attacker.able('attempt', call);
      // Unless the slot was quicker than they.
      if (result.outcome.type === 'failed') expect(codeOf(result)).toBe('crashed');
      for (let a = 0; a < 3; a++) expect(jsonOf(await attacker.able('add', { a, b: 2 }))).toBe(a + 2);
    }
  });
  probe('a parent held by vfork', async ({ attacker, mark }) => {
    const call = { theme: 'processes', name: 'a parent held by vfork', mark };
    expect(codeOf(await attacker.able('attempt', call, { limits: { wallMs: 300 } }))).toBe('timeout');
  });
  for (const name of ['a segmentation fault', 'an abort', 'a stack without end'] as const) {
    probe(name, async ({ attacker, mark }) => {
      for (const level of ['fresh', 'warm'] as const) {
        const result = await attacker[level]('attempt', { theme: 'processes', name, mark });
        // An interpreter may end the thread and not the process.
        if (result.outcome.type === 'failed') expect(['crashed', 'out-of-memory'], level).toContain(codeOf(result));
        else expect(name).toBe('a stack without end');
      }
    });
  }
  probe('CPU time used by orphans', async ({ attacker }) => {
    const result = await attacker.able('burn_in_orphan', { milliseconds: 300 });
    expect(result.usage.cpuNs).toBeGreaterThan(290e6);
  });
});

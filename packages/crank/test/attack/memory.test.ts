import { expect } from 'vitest';
import { codeOf, jsonOf } from '../sandbox/harness.ts';
import { suite } from './suite.ts';

const root = process.getuid!() === 0;

suite('memory', ({ probe, refused }) => {
  for (const name of ['taking all there is', 'a decompression bomb', '/tmp and memory together'] as const) {
    probe(name, async ({ attacker, mark }) => {
      for (const level of ['fresh', 'warm'] as const) {
        const result = await attacker[level]('attempt', { theme: 'memory', name, mark });
        if (result.outcome.type === 'failed') expect(codeOf(result)).toBe('out-of-memory');
        else expect(jsonOf(result)).toBe('refused: MemoryError');
      }
    });
  }
  for (const name of ["mappings of one's own", 'shared mappings'] as const) {
    refused(name, /^refused: (ENOMEM|MemoryError)$/);
  }
  probe('files mapped again and again', async ({ attacker, mark }) => {
    const result = await attacker.fresh('attempt', { theme: 'memory', name: 'files mapped again and again', mark });
    // A page of the file for which /tmp has no room is a bus error.
    if (result.outcome.type === 'failed') expect(codeOf(result)).toBe('crashed');
    else expect(jsonOf(result)).toMatch(/^refused: (ENOMEM|MemoryError)$/);
  });
  refused('address space without memory', /^refused: ENOMEM$/);
  refused('memory shared beyond the call', /^refused: EPERM$/);
  refused('memory that stays', /^refused: (EPERM|ENOMEM|EAGAIN)$/);
  refused('stacks of threads', /^refused: RuntimeError$/);
  probe('pipes and sockets filled', async ({ attacker }) => {
    const result = await attacker.fresh('pipes');
    // The kernel counts pages of pipes for each user; where there are control groups they are the call's memory.
    if (result.outcome.type === 'failed') expect(codeOf(result)).toBe('out-of-memory');
    else expect(jsonOf(result)).toBeLessThan(160);
  });
  probe('a number with a thousand million digits', async ({ attacker }) => {
    const result = await attacker.fresh('digits', {}, { limits: { cpuMs: 500 } });
    expect(['timeout', 'out-of-memory', 'script-error']).toContain(codeOf(result));
  });
  probe('several processes together', async ({ attacker }) => {
    const result = await attacker.able('in_processes', { count: 6, megabytes: 100 });
    if (!root) {
      // Without control groups each may take the call's memory: known, and in the threat model.
      expect(jsonOf(result)).toBe(6);
    } else if (result.outcome.type === 'failed') expect(codeOf(result)).toBe('out-of-memory');
    else expect(jsonOf(result)).toBeLessThan(4);
  });
});

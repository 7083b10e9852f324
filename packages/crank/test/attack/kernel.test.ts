import { expect } from 'vitest';
import { jsonOf } from '../sandbox/harness.ts';
import { suite } from './suite.ts';

suite('kernel', ({ probe, refused }) => {
  for (const name of [
    'a user namespace',
    'a user namespace by clone',
    'each other namespace by clone',
    "setns to the slot's namespaces",
    'mounting as lines do',
    'another root',
    'unmounting',
    'keys of the kernel',
    'programs for the kernel (bpf)',
    'performance counters',
    'user faults',
    'io_uring',
    'another personality',
    'descriptor tables of segments',
    'another kernel',
    'modules for the kernel',
    "the kernel's log",
    'clocks and names of the machine',
    'a filter that lets through',
    'listening to filters',
    'capabilities again',
    'messages, semaphores and queues',
    'files by handle',
    'memory of other nodes',
    "advice on others' memory",
    'watching all files',
    'quotas, hang-ups and old calls',
    'pages spliced into pipes',
    'a program run by a core dump',
    'the new calls for mounts',
    'dirty pipe',
    'dirty cow',
    'mounting',
    'mounting read-only files anew, to write',
    'mounting an overlay',
    'typing into a terminal',
    'typing into a terminal, with high bits set',
  ] as const) {
    refused(name, /^refused: EPERM$/);
  }
  refused('clone3', /^refused: ENOSYS$/);
  refused('numbers that nobody listed', /^refused: ENOSYS$/);
  refused("a program that is root's by its mode", /^refused: EPERM$/, ['able']);
  for (const name of ['x32 calls', 'i386 calls'] as const) {
    probe(name, async ({ attacker, mark }) => {
      for (const level of ['fresh', 'warm'] as const) {
        const result = await attacker[level]('attempt', { theme: 'kernel', name, mark });
        // The filter kills (SIGSYS); a kernel without those calls does not know the instruction (SIGSEGV).
        if (result.outcome.type === 'failed') expect(result.outcome.detail).toMatch(/signal (31|11)|was stopped/);
        else expect(jsonOf(result)).toBe('refused: ENOSYS');
      }
    });
  }
});

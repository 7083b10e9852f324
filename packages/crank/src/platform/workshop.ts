import { randomBytes } from 'node:crypto';
import type { Egress } from '#src/engines/egress/proxy.ts';
import type { Workshop } from '#src/engines/packaging/workshop.ts';
import type { Sandbox } from '#src/engines/sandbox/sandbox.ts';
import { proxyUrl } from '#src/engines/sandbox/way-out.ts';
import { createTurns } from './turns.ts';

const scanLimits = {
  wallMs: 30_000,
  cpuMs: 20_000,
  memoryBytes: 2 ** 30,
  tmpBytes: 2 ** 20,
  processes: 8,
  answerBytes: 2 ** 20,
};
const toolLimits = { ...scanLimits, wallMs: 60_000, cpuMs: 40_000, memoryBytes: 2 * 2 ** 30, processes: 64 };
const buildLimits = { memoryBytes: 3 * 2 ** 30, tmpBytes: 2 ** 30, processes: 256, answerBytes: 320 * 2 ** 20 };

/** At one time on a node, of all accounts; so many more wait. */
const most = { scans: 4, builds: 2, waiting: 64 };

/** Has packaging's work done in sandboxes; builds reach the package index through a proxy, with a lease of their own. */
export const createWorkshop = (sandbox: Sandbox, index: Egress): Workshop => {
  const scanning = createTurns(most.scans, most.waiting, 'deployments');
  const building = createTurns(most.builds, most.waiting, 'deployments');
  return {
    scan: (work) => scanning(() => sandbox.task({ name: 'scan', limits: scanLimits, ...work })),
    tools: ({ another: _, ...work }) => scanning(() => sandbox.task({ name: 'tools', limits: toolLimits, ...work })),
    build: ({ request, destinations, wallMs, ...work }) =>
      building(async () => {
        const home = `build ${randomBytes(8).toString('hex')}`;
        const lease = index.open({ home, destinations });
        try {
          const limits = { ...buildLimits, wallMs, cpuMs: wallMs };
          const task = { ...work, name: 'build' as const, limits, request: request(proxyUrl(lease.token)) };
          return await sandbox.task(task, (socket) => index.accept(socket, home));
        } finally {
          lease.close();
        }
      }),
  };
};

import { randomBytes } from 'node:crypto';
import type { Egress } from '#src/engines/egress/proxy.ts';
import type { Workshop } from '#src/engines/packaging/workshop.ts';
import type { Sandbox } from '#src/engines/sandbox/sandbox.ts';
import { proxyUrl } from '#src/engines/sandbox/way-out.ts';

const scanLimits = {
  wallMs: 30_000,
  cpuMs: 20_000,
  memoryBytes: 2 ** 30,
  tmpBytes: 2 ** 20,
  processes: 8,
  answerBytes: 2 ** 20,
};
const buildLimits = { memoryBytes: 3 * 2 ** 30, tmpBytes: 2 ** 30, processes: 256, answerBytes: 320 * 2 ** 20 };

/** Has packaging's work done in sandboxes; builds reach the package index through a proxy, with a lease of their own. */
export const createWorkshop = (sandbox: Sandbox, index: Egress): Workshop => ({
  scan: (work) => sandbox.task({ name: 'scan', limits: scanLimits, ...work }),
  build: async ({ request, destinations, wallMs, ...work }) => {
    const home = `build ${randomBytes(8).toString('hex')}`;
    const lease = index.open({ home, destinations });
    try {
      const limits = { ...buildLimits, wallMs, cpuMs: wallMs };
      return await sandbox.task({ ...work, name: 'build', limits, request: request(proxyUrl(lease.token)) }, (socket) =>
        index.accept(socket, home),
      );
    } finally {
      lease.close();
    }
  },
});

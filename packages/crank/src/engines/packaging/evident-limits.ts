import type { Finding } from '#src/core/error.ts';
import { defaultLimits, type Limits } from '#src/core/service.ts';
import { remark } from './findings.ts';
import type { Scan, Use } from './scan.ts';

/** Processes that a service gets which evidently starts some. */
export const SUBPROCESSES = 16;
/** What the default policy grants at most (CONTRACT.md, "Default limits"). */
const MOST_MEMORY = 2 * 2 ** 30;

/**
 * Limits beyond the defaults that a source evidently needs, where its manifest says nothing of them, with remarks that say
 * so. A network is never among them: what looks as if it wants one is a remark.
 */
export const evidentLimits = (
  scan: Scan,
  declared: { limits?: Partial<Limits>; network?: readonly string[] },
): { limits: Partial<Limits>; findings: Finding[] } => {
  const limits: Partial<Limits> = {};
  const findings: Finding[] = [];
  const of = (need: Use['need']): Use[] => scan.uses.filter((use) => use.need === need);
  const say = (use: Use, message: string, fix: string): void => {
    findings.push(remark(use.file, message, fix, use.line || undefined));
  };
  const [starter] = of('subprocesses');
  if (starter !== undefined && declared.limits?.subprocesses === undefined) {
    limits.subprocesses = SUBPROCESSES;
    say(
      starter,
      `It starts processes (${named(of('subprocesses'))}): the limit is ${SUBPROCESSES} at one time, instead of none.`,
      'Set another in crank.json: {"limits": {"subprocesses": 4}}, or 0 for none.',
    );
  }
  const [sharer] = of('shared-memory');
  if (sharer !== undefined) {
    say(
      sharer,
      `It shares memory or locks between processes (${named(of('shared-memory'))}), and calls have no place for those (/dev/shm).`,
      'Use threads (concurrent.futures.ThreadPoolExecutor), multiprocessing.Process with a Pipe, or subprocess.',
    );
  }
  const [heaviest] = of('memory').sort((a, b) => b.bytes - a.bytes);
  if (heaviest !== undefined && declared.limits?.memoryBytes === undefined) {
    limits.memoryBytes = Math.min(MOST_MEMORY, Math.max(defaultLimits.memoryBytes, heaviest.bytes));
    say(
      heaviest,
      `It works with ${named(of('memory'))}: the limit of memory is ${limits.memoryBytes / 2 ** 30} GiB, instead of ${defaultLimits.memoryBytes / 2 ** 20} MiB.`,
      'Set another in crank.json: {"limits": {"memory": "512Mi"}}.',
    );
  }
  const [client] = of('network');
  if (client !== undefined && declared.network === undefined) {
    const hosts = scan.hosts.length > 0 ? scan.hosts.slice(0, 5) : ['api.example.org:443'];
    say(
      client,
      `It looks as if it wants a network (${named(of('network'))}), and calls have none.`,
      `Where it has to reach a host, name it in crank.json: ${JSON.stringify({ network: hosts })}; then a policy has to grant that (package crank.egress, \`allow\`), and the node's operator (CRANK_EGRESS).`,
    );
  }
  return { limits, findings };
};

const named = (uses: readonly Use[]): string => {
  const names = [...new Set(uses.map(({ what }) => what))];
  return names.slice(0, 4).join(', ') + (names.length > 4 ? ', …' : '');
};

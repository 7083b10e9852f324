import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from './load.ts';
import { machine, markdown } from './machine.ts';
import { startNode } from './node.ts';

// `npm run bench -- policy-data [USERS]`: a policy with many users in its data is applied, and applied again with other data,
// while calls go on that it decides on.

const RULE = `package crank.authz.users

deny contains sprintf("%s is in no team", [input.principal.id]) if {
	input.action == "service.call"
	not data.users[sprintf("user%d", [data.asked])].team
}
`;

/** A policy that looks one of so many users up. */
export const policyOf = (users: number, edition: number): { path: string; text: string }[] => {
  const all = Array.from({ length: users }, (_, n) => [
    `user${n}`,
    { team: `team${(n + edition) % 97}`, roles: ['caller', 'reader'], mail: `user${n}@example.org` },
  ]);
  return [
    { path: 'users.rego', text: RULE },
    { path: 'data.json', text: JSON.stringify({ asked: users - 1, edition, users: Object.fromEntries(all) }) },
  ];
};

export interface Reloaded {
  /** Calls that were answered meanwhile, and those among them that failed, with what they said. */
  calls: number;
  failed: string[];
  /** Milliseconds. */
  applies: number[];
  took: number[];
}

/** Applies a policy again and again while calls are made. @param before applied already */
export const reloadUnderCalls = async (
  url: string,
  headers: Record<string, string>,
  { users, times, callers }: { users: number; times: number; callers: number },
): Promise<Reloaded> => {
  const json = { ...headers, 'content-type': 'application/json' };
  const done: Reloaded = { calls: 0, failed: [], applies: [], took: [] };
  const apply = async (edition: number): Promise<void> => {
    const start = performance.now();
    const body = JSON.stringify({ files: policyOf(users, edition) });
    const answer = await fetch(`${url}/v1/policies`, { method: 'POST', headers: json, body });
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    await answer.text();
    done.applies.push(performance.now() - start);
  };
  await apply(0);
  let going = true;
  const call = async (): Promise<void> => {
    while (going) {
      const start = performance.now();
      const answer = await fetch(`${url}/v1/services/add/add`, {
        method: 'POST',
        headers: json,
        body: '{"a":2,"b":3}',
      });
      const text = await answer.text();
      done.took.push(performance.now() - start);
      done.calls += 1;
      if (answer.status !== 200 || text !== '5') done.failed.push(`${answer.status} ${text}`);
    }
  };
  const calls = Array.from({ length: callers }, call);
  try {
    for (let edition = 1; edition <= times; edition++) await apply(edition);
  } finally {
    going = false;
    await Promise.all(calls);
  }
  return done;
};

const memoryOf = (pid: number, field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

const run = async (users: number): Promise<void> => {
  console.log(machine());
  const node = await startNode();
  await node.deploy('add', 'def add(a: int, b: int) -> int:\n    return a + b\n');
  const idle = memoryOf(node.pid, 'VmRSS');
  const { calls, failed, applies, took } = await reloadUnderCalls(node.url, node.headers, {
    users,
    times: 5,
    callers: 2,
  });
  await sleep(2_000);
  const after = memoryOf(node.pid, 'VmRSS');
  took.sort((a, b) => a - b);
  const size = policyOf(users, 0)[1]!.text.length / 2 ** 20;
  const ms = (value: number): string => `${value.toFixed(0)} ms`;
  console.log(
    markdown(
      ['what', 'measured'],
      [
        ['users, and their data', `${users}, ${size.toFixed(1)} MiB of JSON`],
        ['applied (compiled, recorded, loaded), each', applies.map(ms).join(', ')],
        ['calls meanwhile, failed', `${calls}, ${failed.length}`],
        ['a call meanwhile, p50, p99, longest', [0.5, 0.99, 1].map((p) => ms(percentile(took, p))).join(', ')],
        [
          'memory of the node: idle, at most, after',
          [idle, memoryOf(node.pid, 'VmHWM'), after].map((mib) => `${mib.toFixed(0)} MiB`).join(', '),
        ],
      ],
    ),
  );
  for (const one of new Set(failed)) console.log(`failed: ${one}`);
  await node.stop();
};

if (import.meta.main) await run(Number(process.argv[2] ?? 100_000));

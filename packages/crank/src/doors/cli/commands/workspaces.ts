import { CrankError } from '#src/core/error.ts';
import { type Command, type Options, one } from '../command.ts';
import { parseSize, size } from '../quantity.ts';
import { table } from '../table.ts';

interface Workspace {
  name: string;
  quotaBytes: number;
  keepSnapshots: number;
  keepDays: number | null;
  created: string;
  snapshot: number;
  files: number;
  bytes: number;
  digest: string;
  receipt: string;
}

interface Snapshot {
  number: number;
  made: string;
  madeBy: string;
  files: number;
  bytes: number;
  receipt: string;
}

const NAME = ['<name>', 'workspace'] as const;
const SETTINGS = [
  { flags: '--quota <size>', help: 'what may be in it, such as 500M or 5G (1G otherwise)' },
  { flags: '--snapshots <n>', help: 'earlier states that are kept, at most (10 otherwise)' },
  { flags: '--days <n>', help: 'after which they are not; none: for ever' },
];

export const workspacePath = (name: string): string => `/v1/workspaces/${encodeURIComponent(name)}`;

const settings = (options: Options): Partial<Workspace> => {
  const [quota, snapshots, days] = [one(options, 'quota'), one(options, 'snapshots'), one(options, 'days')];
  const quotaBytes = quota === undefined ? undefined : parseSize(quota);
  if (quota !== undefined && quotaBytes === undefined)
    throw new CrankError('invalid-input', `--quota ${quota} is no size: write it as 500M or 5G.`);
  return {
    ...(quotaBytes !== undefined && { quotaBytes }),
    ...(snapshots !== undefined && { keepSnapshots: whole('--snapshots', snapshots) }),
    ...(days !== undefined && { keepDays: days === 'none' ? null : whole('--days', days) }),
  };
};

const whole = (what: string, text: string): number => {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CrankError('invalid-input', `${what} ${text} is no whole number.`);
};

export const createWorkspace: Command = {
  name: 'workspace create',
  summary: 'make an encrypted folder that calls can be given',
  args: [['<name>', 'such as mail-archive']],
  options: SETTINGS,
  run: async ({ client, print }, [name], options) => {
    const json = { name, ...settings(options) };
    const made = await client.json<Workspace>('/v1/workspaces', { method: 'POST', json });
    print(made, `${made.name} is made, with a quota of ${size(made.quotaBytes)}; receipt ${made.receipt}`);
  },
};

export const listWorkspaces: Command = {
  name: 'workspace list',
  summary: 'workspaces of the account',
  run: async ({ client, print }) => {
    const { workspaces } = await client.json<{ workspaces: Workspace[] }>('/v1/workspaces');
    print(workspaces, () =>
      workspaces.length === 0
        ? 'No workspaces yet: `crank workspace create NAME` makes one.'
        : table(
            ['NAME', 'FILES', 'SIZE', 'QUOTA', 'SNAPSHOT', 'CREATED'],
            workspaces.map(({ name, files, bytes, quotaBytes, snapshot, created }) => [
              name,
              String(files),
              size(bytes),
              size(quotaBytes),
              String(snapshot),
              created,
            ]),
          ),
    );
  },
};

export const showWorkspace: Command = {
  name: 'workspace show',
  summary: 'what can be known of one, with the digest of its state',
  args: [NAME],
  run: async ({ client, print }, [name]) => {
    const about = await client.json<Workspace>(workspacePath(name!));
    const { files, bytes, quotaBytes, snapshot, digest, keepSnapshots, keepDays } = about;
    const days = keepDays === null ? '' : ` for ${keepDays} days`;
    print(
      about,
      [
        `${about.name}: ${files} files, ${size(bytes)} of ${size(quotaBytes)}`,
        `snapshot ${snapshot}, ${digest}`,
        `keeps ${keepSnapshots} earlier ones${days}`,
      ].join('\n'),
    );
  },
};

export const setWorkspace: Command = {
  name: 'workspace set',
  summary: 'change its quota, or what is kept',
  args: [NAME],
  options: SETTINGS,
  run: async ({ client, print }, [name], options) => {
    const set = await client.json<Workspace>(workspacePath(name!), { method: 'PATCH', json: settings(options) });
    print(set, `${name} is changed; receipt ${set.receipt}`);
  },
};

export const removeWorkspace: Command = {
  name: 'workspace remove',
  summary: 'remove it with all that is in it: its key is destroyed',
  args: [NAME],
  run: async ({ client, print }, [name]) => {
    const answer = await client.json<{ receipt: string }>(workspacePath(name!), { method: 'DELETE' });
    print(answer, `${name} is removed; receipt ${answer.receipt}`);
  },
};

export const listSnapshots: Command = {
  name: 'workspace snapshots',
  summary: 'its states, the current one first',
  args: [NAME],
  run: async ({ client, print }, [name]) => {
    const { snapshots } = await client.json<{ snapshots: Snapshot[] }>(`${workspacePath(name!)}/snapshots`);
    print(snapshots, () =>
      table(
        ['NUMBER', 'FILES', 'SIZE', 'MADE', 'BY'],
        snapshots.map(({ number, files, bytes, made, madeBy }) => [
          String(number),
          String(files),
          size(bytes),
          made,
          madeBy,
        ]),
      ),
    );
  },
};

export const restoreSnapshot: Command = {
  name: 'workspace restore',
  summary: 'make an earlier state the current one',
  args: [NAME, ['<number>', 'of the snapshot']],
  run: async ({ client, print }, [name, number]) => {
    const path = `${workspacePath(name!)}/snapshots/${encodeURIComponent(number!)}/restore`;
    const state = await client.json<Snapshot>(path, { method: 'POST' });
    print(state, `${name} is as in snapshot ${number}, which is now ${state.number}; receipt ${state.receipt}`);
  },
};

export const forgetSnapshot: Command = {
  name: 'workspace forget',
  summary: 'take an earlier state away, with what only it has',
  args: [NAME, ['<number>', 'of the snapshot']],
  run: async ({ client, print }, [name, number]) => {
    const path = `${workspacePath(name!)}/snapshots/${encodeURIComponent(number!)}`;
    const answer = await client.json<{ receipt: string }>(path, { method: 'DELETE' });
    print(answer, `snapshot ${number} of ${name} is gone; receipt ${answer.receipt}`);
  },
};

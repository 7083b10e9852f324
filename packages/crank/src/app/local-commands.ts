import { once } from 'node:events';
import type { Command, Options } from '#src/doors/cli/command.ts';
import { one } from '#src/doors/cli/command.ts';
import { dev } from '#src/doors/cli/commands/dev.ts';
import { doctor } from '#src/doors/cli/commands/doctor.ts';
import { verifyLog } from '#src/doors/cli/commands/log.ts';
import { mcp } from '#src/doors/cli/commands/mcp.ts';
import { testPolicy } from '#src/doors/cli/commands/policies.ts';
import { readInput } from '#src/doors/cli/read-input.ts';
import { Exit } from '#src/doors/cli/run.ts';
import { loadConfig } from './config.ts';

type Env = Readonly<Record<string, string | undefined>>;

const dataFlag = (options: Options): { CRANK_DATA?: string } => {
  const data = one(options, 'data');
  return data === undefined ? {} : { CRANK_DATA: data };
};

/** Commands that work on this machine rather than by asking a node. Their parts are loaded when they are used. */
export const localCommands = (env: Env): Command[] => [
  {
    name: 'up',
    summary: 'serve in the foreground',
    serves: true,
    options: [
      { flags: '--port <port>', help: 'port (CRANK_PORT, else 7700)' },
      { flags: '--host <host>', help: 'address to listen on (CRANK_HOST, else 127.0.0.1)' },
      { flags: '--data <dir>', help: 'data folder (CRANK_DATA)' },
    ],
    run: async (_context, _args, options) => {
      const flag = (name: string, setting: string) => {
        const value = one(options, name);
        return value === undefined ? {} : { [setting]: value };
      };
      const config = loadConfig(env, {
        ...flag('port', 'CRANK_PORT'),
        ...flag('host', 'CRANK_HOST'),
        ...flag('data', 'CRANK_DATA'),
      });
      const { up } = await import('./up.ts');
      const code = await up(config);
      if (code !== 0) throw new Exit(code);
    },
  },
  dev(async (url) => {
    const { hostname, port } = new URL(url);
    const at = { CRANK_HOST: hostname, CRANK_PORT: port || '80' };
    const config = loadConfig({ CRANK_LOG_LEVEL: 'error', ...env }, at);
    const { serve } = await import('./up.ts');
    return serve(config);
  }),
  {
    name: 'signer',
    summary: "hold logs' signing keys in a process of their own, behind a Unix socket (docs/signer.md)",
    serves: true,
    args: [
      ['<socket>', 'path of the socket: CRANK_SIGNER of the node'],
      ['<folder>', 'folder of the keys'],
    ],
    run: async (context, [socket, folder]) => {
      const { serveSigner } = await import('#src/engines/audit/signing-process.ts');
      const server = await serveSigner(socket!, folder!);
      context.print({ socket }, `signs for whoever may open ${socket}; Ctrl-C stops it`);
      await once(context.signal, 'abort');
      server.close();
      throw new Exit(0);
    },
  },
  {
    name: 'backup',
    summary: "copy the local node's data into a folder, while it runs or not",
    args: [['<dir>', 'a new folder']],
    options: [{ flags: '--data <dir>', help: 'data folder (CRANK_DATA)' }],
    run: async (context, [folder], options) => {
      const { backup } = await import('./backup.ts');
      const report = await backup(loadConfig(env, dataFlag(options)), folder!, context.progress);
      context.print(report, () =>
        [
          `${report.files} files of ${report.origin} in ${folder}; its log has ${report.size} entries there`,
          ...(report.database === 'postgres'
            ? ['The database is not in it: keep the dump that you made with pg_dump just before beside it.']
            : []),
          'It holds the keys to what was kept of people: what is erased later is erased here only with the backup.',
        ].join('\n'),
      );
    },
  },
  {
    name: 'restore',
    summary: 'make a new data folder from a backup; its node begins a new log that names the old one',
    args: [['<dir>', 'folder of `crank backup`']],
    options: [
      { flags: '--data <dir>', help: 'data folder to make (CRANK_DATA)' },
      {
        flags: '--head <file>',
        help: 'a later checkpoint of the old log, as a witness serves it: the new log names it',
      },
    ],
    run: async (context, [folder], options) => {
      const { restore } = await import('./restore.ts');
      const file = one(options, 'head');
      const report = await restore(loadConfig(env, dataFlag(options)), folder!, {
        head: file === undefined ? undefined : Buffer.from(await readInput(file)).toString(),
        progress: context.progress,
      });
      const { predecessor } = report;
      context.print(report, () =>
        [
          `${report.files} files restored to ${report.data}`,
          `a new log ${report.origin} begins at its first start; it names the last head of ${predecessor.origin} (${predecessor.size} entries, ${predecessor.witnessed} of them witnessed)`,
          'Its key is new: publish /log/vkey, and introduce it to the witnesses again (crank log witness add).',
        ].join('\n'),
      );
    },
  },
  doctor(async (progress) => {
    const { examine } = await import('./examine.ts');
    return examine(env, progress);
  }),
  mcp,
  verifyLog(async (url, vkey, progress) => {
    const { verifyNodeLog } = await import('./verify-log.ts');
    return verifyNodeLog(env, url, vkey, progress);
  }),
  testPolicy(async (path, progress) => {
    const { testPolicies } = await import('./test-policies.ts');
    return testPolicies(env, path, progress);
  }),
];

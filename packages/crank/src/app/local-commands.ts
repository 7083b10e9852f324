import { once } from 'node:events';
import type { Command } from '#src/doors/cli/command.ts';
import { one } from '#src/doors/cli/command.ts';
import { doctor } from '#src/doors/cli/commands/doctor.ts';
import { verifyLog } from '#src/doors/cli/commands/log.ts';
import { testPolicy } from '#src/doors/cli/commands/policies.ts';
import { Exit } from '#src/doors/cli/run.ts';
import { loadConfig } from './config.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Commands that work on this machine rather than by asking a node. Their parts are loaded when they are used. */
export const localCommands = (env: Env): Command[] => [
  {
    name: 'up',
    summary: 'serve in the foreground',
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
  {
    name: 'signer',
    summary: "hold logs' signing keys in a process of their own, behind a Unix socket (docs/signer.md)",
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
  doctor(async (progress) => {
    const { examine } = await import('./examine.ts');
    return examine(env, progress);
  }),
  verifyLog(async (url, vkey, progress) => {
    const { verifyNodeLog } = await import('./verify-log.ts');
    return verifyNodeLog(env, url, vkey, progress);
  }),
  testPolicy(async (path, progress) => {
    const { testPolicies } = await import('./test-policies.ts');
    return testPolicies(env, path, progress);
  }),
];

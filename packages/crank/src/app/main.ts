import { CrankError, catalogue } from '#src/core/error.ts';
import { commands } from '#src/doors/cli/commands.ts';
import { runCli } from '#src/doors/cli/run.ts';
import { dataFolder, nodeUrl } from './config.ts';
import { localCommands } from './local-commands.ts';
import { version } from './version.ts';

const { env } = process;

try {
  process.exitCode = await runCli([...localCommands(env), ...commands(() => dataFolder(env))], {
    argv: process.argv.slice(2),
    env,
    version,
    dataFolder: () => dataFolder(env),
    url: nodeUrl(env),
  });
} catch (error) {
  process.stderr.write(`crank: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof CrankError ? catalogue[error.code].exit : 70;
}

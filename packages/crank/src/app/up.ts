import { createHttpServer } from '#src/doors/http/server.ts';
import { compose } from './compose.ts';
import type { Config } from './config.ts';

/**
 * Serves in the foreground until SIGINT or SIGTERM; then calls in flight finish, and all that was recorded is on disk.
 *
 * @returns the exit code
 */
export const up = async (config: Config): Promise<number> => {
  let stop: (code: number) => void = () => undefined;
  const stopped = new Promise<number>((resolve) => {
    stop = resolve;
  });
  const node = await compose(config, (error) => {
    process.stderr.write(`crank: the node stops: ${error.message}\n`);
    stop(70);
  });
  const { platform } = node;
  let server: Awaited<ReturnType<typeof createHttpServer>>;
  try {
    server = await createHttpServer(platform, { host: config.host, port: config.port, log: platform.log });
  } catch (error) {
    await node.close();
    throw error;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      platform.log.info({ signal }, 'stopping: calls in flight finish first');
      stop(0);
    });
  }
  platform.log.info({ url: server.url, data: config.data, node: platform.node }, 'ready');
  if (process.stdout.isTTY)
    process.stdout.write(`Crank serves ${server.url} (data in ${config.data}); Ctrl-C stops it.\n`);
  const code = await stopped;
  platform.load.draining = true;
  await server.close();
  await node.close();
  return code;
};

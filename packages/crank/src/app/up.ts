import { fileURLToPath } from 'node:url';
import { createHttpServer } from '#src/doors/http/server.ts';
import type { McpDoor } from '#src/doors/mcp/door.ts';
import { deployBuiltins } from './builtin-services.ts';
import { type Composed, compose } from './compose.ts';
import type { Config } from './config.ts';
import { version } from './version.ts';

export interface Served {
  url: string;
  platform: Composed['platform'];
  /** Resolves where the node cannot go on. */
  failed: Promise<Error>;
  /** Calls in flight finish, and all that was recorded is on disk. */
  close(): Promise<void>;
}

/** The door of agents. The protocol's library is loaded when the first one comes. */
const openMcpDoor = (platform: Composed['platform']): McpDoor => {
  let door: Promise<McpDoor> | undefined;
  const open = async (): Promise<McpDoor> => (await import('#src/doors/mcp/door.ts')).createMcpDoor(platform, version);
  return {
    answer: async (request) => {
      door ??= open();
      return (await door).answer(request);
    },
    close: async () => (await door)?.close(),
  };
};

/** Built by tools/console.ts. */
const CONSOLE = fileURLToPath(new URL('../../../console/dist', import.meta.url));

/** A node that serves in this process. */
export const serve = async (config: Config): Promise<Served> => {
  const failed = Promise.withResolvers<Error>();
  const node = await compose(config, failed.resolve);
  const { platform } = node;
  const mcp = openMcpDoor(platform);
  let server: Awaited<ReturnType<typeof createHttpServer>>;
  try {
    const { host, port, publicUrl, names, cors } = config;
    const parts = { version, mcp, console: CONSOLE, log: platform.log };
    server = await createHttpServer(platform, { host, port, publicUrl, names, cors, ...parts });
  } catch (error) {
    await mcp.close();
    await node.close();
    throw error;
  }
  return {
    url: server.url,
    platform,
    failed: failed.promise,
    close: async () => {
      platform.load.draining = true;
      await mcp.close();
      await server.close();
      await node.close();
    },
  };
};

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
  const { url, platform, failed, close } = await serve(config);
  void failed.then((error) => {
    process.stderr.write(`crank: the node stops: ${error.message}\n`);
    stop(70);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      platform.log.info({ signal }, 'stopping: calls in flight finish first');
      stop(0);
    });
  }
  platform.log.info({ url, data: config.data, node: platform.node }, 'ready');
  if (process.stdout.isTTY) process.stdout.write(`Crank serves ${url} (data in ${config.data}); Ctrl-C stops it.\n`);
  const builtins = deployBuiltins(platform, config.builtin);
  const code = await stopped;
  await builtins.close();
  await close();
  return code;
};

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { verifyReceipt } from 'crank-verify';
import { dataFolder, nodeUrl } from '../packages/crank/src/app/config.ts';
import { root } from './repository.ts';
import { type Access, call, callArguments, deploy, type Example } from './start/client.ts';
import { startNode, whoServes } from './start/node-process.ts';
import { commands, quote, shorten, usageLine } from './start/show.ts';

// `npm start`: a node in the foreground with the examples deployed, one real call whose receipt is verified, and then
// it serves until Ctrl-C. usage: node tools/start.ts
const folder = resolve(root, 'examples');
const say = (line: string): void => console.log(line);

/** Deploys each service once, in the order of the index. `optional`: a failure is told and the next one is tried. */
const deployAll = async (access: Access, examples: readonly Example[], optional: boolean): Promise<void> => {
  const services = new Map(examples.map(({ name, path }) => [name, path]));
  for (const [name, path] of services) {
    const started = performance.now();
    try {
      await deploy(access, name, join(folder, path));
      say(`  deployed ${name} (examples/${path}) in ${((performance.now() - started) / 1000).toFixed(2)} s`);
    } catch (error) {
      if (!optional || access.signal.aborted) throw error;
      say(`  not deployed: ${name} (examples/${path}); it needs packages from a registry. ${(error as Error).message}`);
    }
  }
};

/** The key of the node's owner: from its data folder, or given where that file was moved away. */
const ownerKey = (data: string): string => {
  const file = join(data, 'owner.key');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  if (process.env['CRANK_KEY']) return process.env['CRANK_KEY'];
  throw new Error(`${file} is not there: put the owner's key back, or set CRANK_KEY to it.`);
};

/** The first example, called, shown and its receipt verified with nothing but the log's key. */
const firstCall = async (access: Access, example: Example, data: string): Promise<void> => {
  const args = callArguments(example, folder);
  const { output, record, receipt, vkey } = await call(access, example, args);
  const { origin, index, checkpoint } = await verifyReceipt(receipt, { vkeys: [vkey], output });
  const told = ['CRANK_DATA', 'CRANK_URL'].filter((name) => process.env[name]);
  const env = told.map((name) => `${name}=${quote(process.env[name]!)}`);
  const { curl, crank } = commands(access.url, data, example, args, env);
  say(`
  ${example.name}.${example.operation}(${shorten(JSON.stringify(args), 100)})
    result   ${shorten(new TextDecoder().decode(output))}
    usage    ${usageLine(record)}
    receipt  receipt verified: signed by ${origin}, entry ${index} of a log of ${checkpoint.size}

  Documentation  ${new URL('/docs', access.url).href}
  The same call  ${curl}
            or   ${crank}
`);
};

/** Waits for a part of the set-up that only some services need; what it could not do it has told. */
const setUp = (part: string): Promise<void> =>
  new Promise((done, failed) => {
    spawn('sh', [resolve(root, 'tools/setup'), part], { stdio: 'inherit' })
      .once('error', failed)
      .once('exit', () => done());
  });

/** What is done once the node is ready: the examples, the first call, and then what takes longer. */
const introduce = async (access: Access, data: string): Promise<void> => {
  const examples = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Example[];
  const { local = [], remote = [] } = Object.groupBy(examples, (one) => (one.needsNetwork ? 'remote' : 'local'));
  if (local[0] === undefined) throw new Error('examples/index.json has no example that runs without packages.');
  await deployAll(access, local, false);
  await firstCall(access, local[0], data);
  if (remote.length > 0) await setUp('uv');
  await deployAll(access, remote, true);
  say('Serving until Ctrl-C.');
};

const main = async (): Promise<number> => {
  if (process.argv.length > 2) {
    console.error('npm start takes no arguments. CRANK_URL sets the address to serve at, CRANK_DATA the data folder.');
    return 2;
  }
  const url = nodeUrl(process.env);
  const data = dataFolder(process.env);
  const other = await whoServes(url);
  if (other !== 'nobody') {
    const what = other === 'crank' ? 'A Crank node already serves' : 'Another program answers';
    console.error(`${what} at ${url}. Stop it, or take another port: CRANK_URL=http://127.0.0.1:7701 npm start`);
    return 1;
  }

  say(`Starting a node at ${url}, data in ${data} ...`);
  const node = startNode(url, data, { ...process.env, CRANK_LOG_LEVEL: process.env['CRANK_LOG_LEVEL'] || 'warn' });
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!stopping.signal.aborted) say('\nStopping: calls in flight finish first. Ctrl-C again ends at once.');
      stopping.abort();
      node.stop();
    });
  }

  try {
    const progress = setInterval(() => say('  still starting ...'), 5000);
    await node.ready().finally(() => clearInterval(progress));
    await introduce({ url, key: ownerKey(data), signal: stopping.signal }, data);
  } catch (error) {
    if (!stopping.signal.aborted) {
      console.error(`npm start: ${(error as Error).message}`);
      node.stop();
      await node.ended;
      return 1;
    }
  }
  const status = await node.ended;
  if (stopping.signal.aborted && status === 0) say('Stopped.');
  else console.error(`The node ended with ${status === null ? 'a signal' : `status ${status}`}.`);
  return status ?? 1;
};

process.exitCode = await main();

import { stat } from 'node:fs/promises';
import { styleText } from 'node:util';
import { digest } from '#src/core/digest.ts';
import { CrankError } from '#src/core/error.ts';
import { problemOf } from '#src/core/problem.ts';
import type { Operation } from '#src/core/service.ts';
import { NodeError } from '../client.ts';
import type { Command, Context, Options } from '../command.ts';
import { one } from '../command.ts';
import { type FollowedCall, followCalls } from '../dev/follow-calls.ts';
import { interfaceChange } from '../dev/interface-change.ts';
import { showProblem } from '../dev/show-findings.ts';
import { watchSource } from '../dev/watch-source.ts';
import { readTree, type TreeFile } from '../read-tree.ts';
import { short } from '../table.ts';
import { sourceForm } from './deploy.ts';

interface Deployed {
  name: string;
  version: string;
  operations: Operation[];
}

/** A node in this process. */
export type StartNode = (url: string) => Promise<{ url: string; failed: Promise<Error>; close(): Promise<void> }>;

/** @param startNode for where none answers at an address of this machine */
export const dev = (startNode: StartNode): Command => ({
  name: 'dev',
  summary: 'deploy under the name dev, watch, deploy again on change; show calls as they happen',
  args: [['<path>', 'file or folder']],
  options: [
    { flags: '--name <name>', help: 'name of the service; else that of the file' },
    { flags: '--alias <alias>', help: 'name of the version, instead of dev' },
    { flags: '--python <version>', help: 'interpreter series, such as 3.11' },
    { flags: '--manifest <file>', help: 'manifest (JSON) instead of the one in the folder' },
  ],
  run: async (context, [path], options) => {
    await stat(path!).catch((cause: unknown) => {
      throw new CrankError('invalid-input', `There is no file or folder ${path}.`, { cause });
    });
    const stop = new AbortController();
    const end = (): void => stop.abort();
    context.signal.addEventListener('abort', end, { once: true });
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
    const own = (await answers(context)) ? undefined : await startOwn(context, startNode);
    void own?.failed.then((error) => {
      process.stderr.write(`crank: the node stops: ${error.message}\n`);
      end();
    });
    try {
      await develop(context, path!, options, stop.signal);
    } finally {
      await own?.close();
    }
  },
});

const answers = (context: Context): Promise<boolean> =>
  context.client.send('/healthz').then(
    () => true,
    (error: unknown) => {
      if (error instanceof CrankError && error.code === 'unavailable') return false;
      throw error;
    },
  );

const startOwn = async (context: Context, startNode: StartNode): ReturnType<StartNode> => {
  const { url } = context.client;
  const { hostname, protocol } = new URL(url);
  if (protocol !== 'http:' || !/^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname)) {
    throw new CrankError(
      'unavailable',
      `No node answers at ${url}: start it, or leave CRANK_URL out to get one of your own.`,
    );
  }
  context.progress(`starting a node at ${url} ...`);
  return startNode(url);
};

const develop = async (context: Context, path: string, options: Options, signal: AbortSignal): Promise<void> => {
  const alias = one(options, 'alias') ?? 'dev';
  const versions = new Set<string>();
  let now: Deployed | undefined;
  let source = '';
  let following: Promise<void> | undefined;

  const follow = (service: string): void => {
    following ??= followCalls(
      context.client,
      service,
      (version) => versions.has(version),
      (call) => context.print({ event: 'call', ...call }, () => callText(call)),
      signal,
    );
  };

  const deploy = async (since: number | undefined): Promise<void> => {
    let files: TreeFile[] = [];
    try {
      files = await readTree(path);
      const manifest = one(options, 'manifest');
      const seen = await Promise.all((manifest === undefined ? [] : [manifest]).map((one) => readTree(one)));
      const content = digest(...[...files, ...seen.flat()].flatMap((file) => [`${file.path}\0`, digest(file.bytes)]));
      if (content === source) return;
      source = content;
      const form = await sourceForm(path, options, files);
      form.append('alias', alias);
      form.append('passing', 'true');
      const deployed = await context.client.json<Deployed>('/v1/services', { method: 'POST', body: form, signal });
      versions.add(deployed.version);
      const ms = since === undefined ? undefined : Date.now() - since;
      const before = now;
      now = deployed;
      const changes = interfaceChange(deployed.name, before?.operations, deployed.operations);
      context.print({ event: 'deployed', name: deployed.name, alias, version: deployed.version, ms, changes }, () =>
        [
          `${styleText('green', `${deployed.name}@${alias}`)} ${short(deployed.version)}${ms === undefined ? '' : `, served ${ms} ms after the change`}`,
          ...changes,
          ...(before === undefined ? [`  crank call ${deployed.name}@${alias}.OPERATION calls it; Ctrl-C ends`] : []),
        ].join('\n'),
      );
      follow(deployed.name);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof CrankError)) throw error;
      const problem = error instanceof NodeError ? error.problem : problemOf(error, true);
      // Nothing is learned from trying the same again, unless it was not the source's fault.
      if (error.code !== 'not-deployable') source = '';
      context.print({ event: 'failed', problem, serving: now?.version ?? null }, () =>
        [
          styleText('red', showProblem(problem, files)),
          now === undefined
            ? '  nothing is served yet'
            : `  ${now.name}@${alias} ${short(now.version)}, the last that was good, goes on serving`,
        ].join('\n'),
      );
    }
  };

  let turn: Promise<void> = Promise.resolve();
  const failed = Promise.withResolvers<never>();
  const queue = (since: number | undefined): void => {
    turn = turn.then(() => (signal.aborted ? undefined : deploy(since)));
    turn.catch(failed.reject);
  };
  const manifest = one(options, 'manifest');
  const unwatch = await watchSource(path, manifest === undefined ? [] : [manifest], queue);
  try {
    queue(undefined);
    const ended = signal.aborted
      ? Promise.resolve()
      : new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([ended, failed.promise]);
  } finally {
    await unwatch();
    await turn.catch(() => undefined);
    if (signal.aborted) await following;
  }
};

const callText = (call: FollowedCall): string => {
  const { operation, outcome, problem, received, stdout, stderr, usage } = call;
  const ok = outcome === 'ok';
  const head = `${received.slice(11, 19)} ${operation} ${styleText(ok ? 'green' : 'red', outcome)} ${(usage.wallNs / 1e6).toFixed(1)} ms`;
  const trace = problem?.exception?.traceback ?? problem?.detail ?? '';
  const printed = [stdout, stderr, trace].filter((text) => text.trim() !== '');
  return [head, ...printed.map((text) => harmless(text.trimEnd()).replace(/^/gm, '    '))].join('\n');
};

/** What a script prints may hold what its callers sent: nothing of it steers the terminal. */
const harmless = (text: string): string => text.replace(/[^\P{Cc}\n\t]/gu, '\ufffd');

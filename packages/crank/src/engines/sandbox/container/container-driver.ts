import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { CrankError } from '#src/core/error.ts';
import { environment, type SandboxUser } from '../bubblewrap.ts';
import type { Driver, Wanted } from '../driver.ts';
import { endOf, keepOutput, type SandboxProcess } from '../sandbox-process.ts';
import { startTime } from '../scratch.ts';
import { type ContainerOptions, lineArguments, zygoteArguments } from './arguments.ts';
import { openChannels } from './channels.ts';
import { findEngine, runEngine } from './engine.ts';
import { ensureBaseImage } from './image.ts';

/** On every container of ours: the node that it belongs to, as `PID-START-NAMESPACE`. */
const label = 'crank.node';

export interface ContainerChoice {
  /** `docker`, `podman` or a path, with options behind it; otherwise the first of the two that answers. */
  engine?: string;
  /** `false`: keep the engine's own filter and profile, and give calls no namespaces of their own. */
  namespaces?: boolean;
  /** With the interpreters of services on its PATH; otherwise the host's own are bound. */
  image?: string;
}

/**
 * Sandboxes as containers of Docker or Podman, by their command line. Slots have namespaces of their own where the
 * machine lets processes in containers make them.
 *
 * @param interpreter any one that works inside, to find that out
 * @param folder of the host, for the sockets of containers; others cannot list it
 * @throws CrankError `isolation-unavailable` where no engine answers
 */
export const containerDriver = async (
  chosen: ContainerChoice,
  user: SandboxUser,
  { interpreter, runtime, folder }: { interpreter: string; runtime: string; folder: string },
): Promise<Driver> => {
  const engine = await findEngine(chosen.engine);
  const image = chosen.image ?? (await ensureBaseImage(engine));
  const base = { engine, image, own: chosen.image !== undefined, user };
  const shared = driverOf({ ...base, namespaces: false }, folder);
  if (chosen.namespaces === false) return shared;
  const free = driverOf({ ...base, namespaces: true }, folder);
  try {
    await free.tryInside(interpreter, rehearsal, runtime);
    return free;
  } catch {
    return shared;
  }
};

const rehearsal = 'import sys; sys.path.insert(0, "/runtime"); from crank_runtime import isolate; isolate.rehearse()';

const driverOf = (options: ContainerOptions, folder: string): Driver => {
  const { engine, namespaces, user } = options;
  return {
    name: `${engine.kind} ${engine.version}`,
    foreign: user,
    namespaces,
    grouped: false,
    launch: (wanted) => launch(options, wanted, folder),
    tryInside: (interpreter, code, runtime) =>
      runEngine(engine, lineArguments(options, { interpreter, code, runtime })),
    sweep: async () => {
      const said = await runEngine(engine, [
        ...['ps', '--all', '--filter', `label=${label}`, '--format', '{{.ID}} {{.Labels}}'],
      ]);
      for (const line of said.split('\n')) {
        // docker: name=value,... podman: map[name:value ...]
        const owner = /crank\.node[=:](\d+)-(\d+)-(\d+)/.exec(line);
        if (owner === null || owner[3] !== processes() || startTime(Number(owner[1])) === owner[2]) continue;
        const id = line.slice(0, line.indexOf(' '));
        await runEngine(engine, ['kill', id]).catch(() => {}); // it may have ended already
        await runEngine(engine, ['rm', '--force', id]);
      }
    },
  };
};

/** The namespace that our process numbers belong to: nodes in containers can share an engine. */
const processes = (): string => /\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0];

const launch = async (options: ContainerOptions, wanted: Wanted, folder: string): Promise<SandboxProcess> => {
  const { engine } = options;
  const id = randomBytes(8).toString('hex');
  const name = `crank-${id}`;
  const channels = await openChannels(`${folder}/${id}`, wanted.channels + 1);
  const run = {
    name,
    labels: [`${label}=${process.pid}-${startTime(process.pid)}-${processes()}`],
    channels: channels.folder,
  };
  const child = spawn(engine.command, [...engine.options, ...zygoteArguments(options, wanted, run)], { stdio: 'pipe' });
  const ended = endOf(child);
  if (child.pid === undefined) {
    await channels.close();
    throw new Error(await ended);
  }
  const output = keepOutput(child);
  const kill = (): void => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    // The engine ends the container, and the command with it. Where there is none yet, it will find no host to talk to.
    runEngine(engine, ['kill', name]).catch(() => child.kill('SIGKILL'));
  };
  void ended.then(() => channels.close());
  child.stdin!.on('error', () => {}); // its end shows in `ended`
  child.stdin!.end(
    `${JSON.stringify({ ...wanted.given, environment: Object.keys(environment), secret: channels.secret })}\n`,
  );
  let sockets: Awaited<typeof channels.all>;
  try {
    sockets = await channels.all;
  } catch {
    const how = await ended;
    throw new CrankError(
      'isolation-unavailable',
      `${engine.kind} could not make a sandbox (${how}): ${output().trim().slice(-500)}. Run \`crank doctor\`.`,
    );
  }
  return {
    pid: child.pid,
    init: Promise.resolve(undefined),
    control: sockets[0]!,
    channels: sockets.slice(1),
    ended,
    output,
    kill,
  };
};

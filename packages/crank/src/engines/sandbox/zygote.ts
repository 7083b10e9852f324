import { writeFile } from 'node:fs/promises';
import { CrankError, type Finding } from '#src/core/error.ts';
import type { ControlGroup, ServiceGroup } from './control-groups.ts';
import { bareFrame, frameDecoder, kinds, longestFrame, ProtocolViolation, toHost, toSandbox } from './frames.ts';
import { childrenOf, isStopped } from './host-pid.ts';
import type { InputFolder } from './input-files.ts';
import { NotBegun } from './receiver.ts';
import type { PlannedCall, SandboxCall, SandboxResult, SandboxTemplate } from './sandbox.ts';
import type { SandboxProcess } from './sandbox-process.ts';
import { createSlots, type Slots } from './slots.ts';
import { createWarmLine, type WarmLine } from './warm-line.ts';
import { withProxy } from './way-out.ts';
import { withSecrets } from './with-secrets.ts';
import { withTrace } from './with-trace.ts';
import { withWorkspaces } from './with-workspaces.ts';

export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: Record<string, unknown>,
) => void;

/** One running zygote, as the host sees it. */
export interface Zygote {
  readonly pid: number;
  /** Runs one call, or asks for the description. Rejects only for what is our own or the receiver's fault. */
  run(call: SandboxCall, kind?: number): Promise<SandboxResult>;
  /** Makes a slot ready for the next call with these workspaces. */
  prepare(call: PlannedCall): void;
  /** It takes no more calls; another one must be started. */
  readonly spent: boolean;
  /** What came from it that only code of the import can have sent: the version lies. */
  readonly violation: string | undefined;
  /** It ended as it should: a call left traces, and nothing but its end removes them. */
  readonly orderly: boolean;
  /** Kills it; calls under way fail as `crashed` with this reason. */
  kill(reason: string): void;
  /** Settles when it has ended and its calls are answered: why. */
  readonly ended: Promise<string>;
}

export interface ZygoteOptions {
  process: SandboxProcess;
  template: SandboxTemplate;
  inputs: InputFolder;
  outFolder: string;
  /** Whether its slots have namespaces of their own. Where they have not, it ends with its first slot. */
  namespaces: boolean;
  /** Slots that it can have, and of these has for calls that nothing waits for; the lines behind them are warm ones. */
  slots: number;
  usual: number;
  spares: number;
  /** Milliseconds that the import may take. */
  startMs: number;
  /** Around all of it, where the machine lets us have one. */
  group: ServiceGroup | undefined;
  log: Log;
}

/** Milliseconds: a process that somebody stopped would otherwise be waited for as long as an import may take. */
const lookEvery = 1000;

/**
 * Speaks with a zygote that was just launched; resolves when it has imported the service.
 *
 * @throws CrankError `not-deployable` (the module cannot be imported), `isolation-unavailable`; NotBegun when it was
 * killed before it was told to import anything
 */
export const awaitZygote = async ({
  process,
  template,
  inputs,
  outFolder,
  namespaces,
  slots: most,
  usual,
  spares,
  startMs,
  group,
  log,
}: ZygoteOptions): Promise<Zygote> => {
  const started = Promise.withResolvers<void>();
  started.promise.catch(() => {}); // it may end before anybody waits for it
  let reason: string | undefined;
  let violation: string | undefined;
  let ready = false;
  let orderly = false;
  let told = false;
  let slots: Slots | undefined;
  let warm: WarmLine | undefined;

  const kill = (why: string): void => {
    reason ??= why;
    process.kill();
  };
  /** Runs what handles bytes of the sandbox; a violation is its end. `import`: no call can have written them. */
  const distrust = <A>(handle: (argument: A) => void, from: 'import' | 'call' = 'import'): ((argument: A) => void) => {
    return (argument) => {
      if (reason !== undefined) return;
      try {
        handle(argument);
      } catch (error) {
        if (!(error instanceof ProtocolViolation)) throw error;
        log('warn', 'a sandbox broke the protocol and was killed', {
          template: template.key,
          violation: error.message,
        });
        if (from === 'import') violation ??= error.message;
        kill(`it broke the protocol (${error.message})`);
      }
    };
  };

  const onFrame = (type: number, id: number, body: Buffer): void => {
    if (type === toHost.ready) {
      if (ready) throw new ProtocolViolation('a zygote that is ready again');
      ready = true;
      if (/"threads": [2-9]/.test(body.toString('latin1', 0, 200))) {
        log('warn', 'the module started threads when it was imported; calls do not have them', {
          template: template.key,
        });
      }
      started.resolve();
      return;
    }
    if (type === toHost.loadFailed) {
      started.reject(notDeployable(template, body, process.output()));
      return;
    }
    if (type === toHost.spawned || type === toHost.started || type === toHost.ended) {
      if (slots !== undefined && type === toHost.started && id <= most) slots.started(id, body);
      else if (slots !== undefined && type === toHost.ended && id <= most) {
        slots.ended(id, body);
        orderly = !namespaces;
      } else if (warm === undefined) throw new ProtocolViolation('news of a process that nobody asked for');
      else if (type === toHost.started) warm.started(id, body);
      else if (type === toHost.spawned) warm.spawned(id);
      else warm.ended(id, body);
      return;
    }
    throw new ProtocolViolation(`a frame of type ${type} from a zygote`);
  };
  process.control.on('data', distrust(frameDecoder(longestFrame(template.limits), onFrame)));

  const ended = process.ended.then(async (how) => {
    const why = reason ?? (group?.zygote.outOfMemory() ? tooLarge(template) : `it ended with ${how}`);
    reason = why;
    const tail = process.output().trim().slice(-2000);
    started.reject(startFailure(template, why, tail));
    await slots?.close(why);
    await warm?.close(why);
    for (const socket of [process.control, ...process.channels]) socket.destroy();
    await group?.remove();
    await inputs.close();
    return why;
  });

  const slotsOf = (): Slots => {
    slots ??= createSlots({ process, template, outFolder, spares, usual, most, group, killZygote: kill, distrust });
    return slots;
  };

  const runWarm = (call: SandboxCall, files: string): Promise<SandboxResult> => {
    warm ??= createWarmLine({ process, template, outFolder, slots: most, group, killZygote: kill, distrust });
    return warm.run(call, files);
  };

  const run = async (call: SandboxCall, kind: number = kinds.call): Promise<SandboxResult> => {
    const placed = call.files.length === 0 ? undefined : await inputs.place(call.files);
    try {
      if (reason !== undefined) throw new NotBegun(reason);
      const files = withTrace(
        withWorkspaces(withSecrets(withProxy(placed?.listing ?? '', call.proxyToken), call.secrets), call.workspaces),
        call.trace,
      );
      if (template.isolation === 'warm' && kind === kinds.call) return await runWarm(call, files);
      return await slotsOf().run(call, kind, files);
    } finally {
      await placed?.remove();
    }
  };

  const timer = setTimeout(() => kill(`its import took longer than ${startMs} ms`), startMs);
  const look = setInterval(() => {
    isStopped(process.pid, 2).then(
      (stopped) => stopped && !ready && kill('it was stopped while it started'),
      (error: Error) => kill(error.message),
    );
  }, lookEvery);
  try {
    if (group !== undefined) await enclose(process, group.zygote, template, most);
    told = true;
    process.control.write(bareFrame(toSandbox.load, 0));
    await started.promise;
  } catch (error) {
    const died = reason;
    process.kill();
    await ended;
    if (died === undefined || told) throw error;
    // Its group went with it while it was being put there. Nothing of the service had run.
    const failure = await started.promise.catch((why: unknown) => why);
    throw failure instanceof CrankError && failure.code === 'isolation-unavailable' ? failure : new NotBegun(died);
  } finally {
    clearTimeout(timer);
    clearInterval(look);
  }
  if (template.isolation !== 'warm') slotsOf();
  return {
    pid: process.pid,
    run,
    prepare: (call) => slots?.prepare(call),
    get spent() {
      return reason !== undefined || orderly || warm?.spent === true;
    },
    get orderly() {
      return orderly;
    },
    get violation() {
      return violation;
    },
    kill,
    ended,
  };
};

/** What importing may take beside the memory of a call, which every call's process shares with it. */
const importBytes = 2 * 2 ** 30;
/** bubblewrap's and the zygote's own; and lines that are about to get a group of their own. */
const ownPids = 8;

/** Nothing of the service has run yet: the zygote waits to be told to load it. */
const enclose = async ({ init }: SandboxProcess, group: ControlGroup, { limits }: SandboxTemplate, slots: number) => {
  const first = await init;
  if (first === undefined) return; // it has ended, and will be heard of
  const pids = limits.threads + limits.subprocesses + slots + ownPids;
  const bytes = limits.memoryBytes + importBytes;
  await group.enclose(first, bytes, pids);
  await takeFirst(first);
  // What it started before that; later ones are born in the group.
  for (const pid of await childrenOf(first)) {
    await group.enclose(pid, bytes, pids);
    await takeFirst(pid);
  }
};

/** Out of memory, the kernel takes a sandbox before the platform: what a privileged process set, none inside lowers. */
export const takeFirst = (pid: number): Promise<void> =>
  writeFile(`/proc/${pid}/oom_score_adj`, '1000').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error; // it has ended, and will be heard of
  });

const tooLarge = ({ limits }: SandboxTemplate): string =>
  `it needed more than the ${limits.memoryBytes + importBytes} bytes of memory that importing may take`;

const notDeployable = (template: SandboxTemplate, body: Buffer, output: string): CrankError => {
  let findings: Finding[] = [];
  let message = '';
  try {
    const said = JSON.parse(body.toString('utf8')) as { message?: unknown; findings?: unknown };
    message = String(said.message ?? '').slice(0, 4000);
    findings = Array.isArray(said.findings) ? said.findings.flatMap((one) => asFinding(template, one)) : [];
  } catch {
    message = 'It did not say why.';
  }
  if (findings.length === 0) {
    findings = [
      {
        level: 'error',
        file: template.entry,
        message,
        fix: 'Make the module importable without an error and deploy it again.',
      },
    ];
  }
  const printed = output.trim() === '' ? '' : ` It printed: ${output.trim().slice(-1000)}`;
  return new CrankError('not-deployable', `${template.entry} cannot be imported: ${message}${printed}`, { findings });
};

/** What the code inside says of itself is not to be trusted with its shape. */
const asFinding = (template: SandboxTemplate, value: unknown): Finding[] => {
  if (typeof value !== 'object' || value === null) return [];
  const { level, file, line, column, message, fix } = value as Record<string, unknown>;
  const isCount = (count: unknown): count is number => Number.isSafeInteger(count) && (count as number) > 0;
  return [
    {
      level: level === 'warning' ? 'warning' : 'error',
      file: typeof file === 'string' && file !== '' ? file.slice(0, 1000) : template.entry,
      ...(isCount(line) && { line, ...(isCount(column) && { column }) }),
      message: String(message ?? '').slice(0, 4000),
      fix: String(fix ?? '').slice(0, 4000),
    },
  ];
};

const startFailure = (template: SandboxTemplate, why: string, output: string): CrankError => {
  // bubblewrap names itself in its complaints; everything else happened while the module was imported.
  const complaint = output.split('\n').find((line) => line.startsWith('bwrap:'));
  if (complaint !== undefined) {
    return new CrankError(
      'isolation-unavailable',
      `bubblewrap could not make a sandbox (${complaint}). Run \`crank doctor\`: it names what this machine lacks.`,
    );
  }
  const message = `The process ended while it imported ${template.entry}: ${why}.${output === '' ? '' : ` It printed: ${output.slice(-1000)}`}`;
  return new CrankError('not-deployable', message, {
    findings: [
      {
        level: 'error',
        file: template.entry,
        message,
        fix: 'Leave nothing at module level that ends the process or runs for long; put it in a function.',
      },
    ],
  });
};

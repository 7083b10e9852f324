import type { Socket } from 'node:net';
import type { ErrorCode, InputError, ScriptException } from '#src/core/error.ts';
import type { Progress } from '#src/core/progress.ts';
import type { Isolation, Limits } from '#src/core/service.ts';
import type { TraceContext } from '#src/core/trace-context.ts';
import type { WorkspaceChange } from '#src/core/workspace.ts';
import type { Ask, AskAnswer } from './asks.ts';

/** What a sandbox is made from: one version's code for one caller account. */
export interface SandboxTemplate {
  /** Version digest and caller account: sandboxes are never shared across either. */
  key: string;
  /** Whose calls it serves: accounts share the machine's CPU evenly. */
  account: string;
  isolation: Isolation;
  /** Absolute path of the interpreter. */
  interpreter: string;
  /** Host folder with the version's source; bound read-only at /code, which is where the module is imported from. */
  codeDir: string;
  /** Host folders put on sys.path behind the code, read-only (installed dependencies). */
  libDirs: readonly string[];
  /** Module file within codeDir, such as `words.py`. */
  entry: string;
  /** Whether its calls have the way out that the node's proxy is. Code of the import has none. */
  network?: boolean;
  /** Of `fresh` ones: workspaces whose states its calls may be given, at /workspaces/NAME; `folder`: of the host, with a folder for each state. */
  workspaces?: readonly { name: string; folder: string }[];
  /** Of what its calls are given beside their input: sandboxes are not shared across a change of it. */
  edition?: string;
  /** The largest limits any call of this template may ask for. */
  limits: Limits;
}

export interface SandboxCall {
  id: string;
  operation: string;
  /** JSON text of the arguments object, passed on untouched. */
  input: Uint8Array;
  /** JSON text of what the platform fills in: `{"policies": ..., "context": ...}`. */
  context: Uint8Array;
  /** Files for file parameters: `parameter` is the argument they stand for; `path` is on the host and readable by us. */
  files: readonly { parameter: string; name: string; path: string }[];
  limits: Limits;
  /** With which the call may use the proxy, where its template has a network. */
  proxyToken?: string;
  /** Environment variables of this call's process alone; as `context.secrets`, too. */
  secrets?: Readonly<Record<string, string>>;
  /** The trace that it is part of: `TRACEPARENT` and `TRACESTATE` in its environment. */
  trace?: TraceContext;
  /** Of the template's workspaces those that it sees, in the same order: `state` is the name of the folder with it. */
  workspaces?: readonly CallWorkspace[];
  /** Aborted on client disconnect or deadline; the child is then killed. `reason` is 'cancelled' or 'timeout'. */
  signal: AbortSignal;
  /** Called for each item of a stream, in order; the sandbox waits for the promise (back-pressure). */
  onItem?: (json: Uint8Array) => void | Promise<void>;
  /** Called when it says how far it is, at most about ten times a second, and with the last of it before `run` resolves. Must not throw. */
  onProgress?: (progress: Progress) => void;
  /** Calls that it is within, at most `deepest`: it is let in where they have to wait for it. */
  depth?: number;
  /** Called when it asks for a call of another service; what that throws is told to it as a problem. */
  onAsk?: (ask: Ask) => Promise<AskAnswer>;
}

export interface CallWorkspace {
  name: string;
  state: string;
  /** Where it may be changed: `stage` is a folder of the host for new content, `bytes` the most there may be of that. */
  write?: { stage: string; bytes: number };
}

/** What is known of a call before it comes. */
export type PlannedCall = Pick<SandboxCall, 'workspaces' | 'limits'>;

/** What a call changed in its workspaces. */
export interface WorkspaceChanges {
  /** By name; parents before what is in them. Files of theirs are the receiver's to move or delete. */
  changed: ReadonlyMap<string, readonly WorkspaceChange[]>;
  /** The first thing that cannot be kept. `full`: since there is no room for it. */
  refused?: { workspace: string; path: string; why: string; full: boolean };
}

export interface SandboxUsage {
  cpuNs: number;
  cpuSource: 'cgroup' | 'sandbox-reported';
  /** Peak resident memory of the call's process. */
  peakMemoryBytes: number;
  wallNs: number;
}

export type SandboxOutcome =
  | { type: 'value'; json: Uint8Array }
  /** `path`: a host file that the receiver owns and must delete. */
  | { type: 'file'; name: string; contentType: string; path: string; size: number }
  | { type: 'stream'; items: number }
  /** `errors`: with `invalid-input`, where in the arguments. */
  | { type: 'failed'; code: ErrorCode; detail: string; exception?: ScriptException; errors?: InputError[] };

export interface SandboxResult {
  outcome: SandboxOutcome;
  usage: SandboxUsage;
  stdout: string;
  stderr: string;
  /** Bytes of stdout and stderr that were cut. */
  truncatedBytes: number;
  /** Of an answered call that could write to workspaces. */
  changes?: WorkspaceChanges;
}

/** Work of the platform's own on what is anybody's, in a sandbox that is used once. */
export interface SandboxTask {
  /**
   * `scan`: reads a source, and can start nothing. `tools`: finds programs of the system and asks for their versions. `build`:
   * builds a source distribution.
   */
  name: 'scan' | 'tools' | 'build';
  /** Whose work it is: accounts share the machine's CPU evenly. */
  account: string;
  /** Absolute path of the interpreter. */
  interpreter: string;
  /** Host folders that it reads, at /libs/0, /libs/1, ... */
  folders?: readonly string[];
  /** As its module in `runtime/crank_runtime` describes it. */
  request: Uint8Array;
  /** Another one of the kind is likely to come soon: a sandbox is made ready for it, which ends by itself after two minutes. */
  another?: boolean | undefined;
  limits: {
    wallMs: number;
    /** Of one process. */
    cpuMs: number;
    /** As root of all together with /tmp; otherwise the address space of each process. */
    memoryBytes: number;
    tmpBytes: number;
    processes: number;
    answerBytes: number;
  };
  signal?: AbortSignal;
}

/** One operation as the code inside describes it; not to be trusted before it was checked. */
export interface Check {
  name: string;
  ok: boolean;
  detail: string;
  /** What to type or change; where ok, advice, or empty. */
  fix: string;
  /** Stable name of the condition behind it, where that is a known one. */
  trap?: string;
}

/**
 * Port: runs code in isolation and measures it. Every adapter passes `sandbox.contract.ts`.
 * `run` never rejects for what the user's code did: that is an outcome. It throws CrankError `isolation-unavailable`,
 * `overloaded`, or `not-deployable` (module cannot be imported, with findings).
 */
export interface Sandbox {
  run(template: SandboxTemplate, call: SandboxCall): Promise<SandboxResult>;
  /** Starts the template where needed and returns what the code inside says of itself (JSON text, untrusted). */
  describe(template: SandboxTemplate, signal: AbortSignal): Promise<Uint8Array>;
  /**
   * Runs a task. `onConnection` takes the connections that it makes to its way out; without it there is no network.
   *
   * @throws CrankError `not-deployable` (it ended without an answer, or ran over its limits), `isolation-unavailable`
   */
  task(task: SandboxTask, onConnection?: (socket: Socket) => void): Promise<Uint8Array>;
  /** Makes ready for the next call of a template with workspaces, at their states of now. */
  prepare(template: SandboxTemplate, call: PlannedCall): void;
  /** The level at which a service that asks for one runs here. */
  level(asked: Isolation): Isolation;
  /** Ends the processes of a key: idle ones now, the others when they are. Later calls get new ones. */
  retire(key: string): Promise<void>;
  /** Sandboxes that stand, and calls that run in them or wait for one. */
  readonly load: { standing: number; calls: number };
  /** Runs a real call and a few forbidden acts; the doctor prints the answer, and the node does not start where one fails. */
  selfTest(): Promise<Check[]>;
  close(): Promise<void>;
}

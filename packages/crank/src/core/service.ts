import type { Json, JsonObject } from './canonical-json.ts';
import type { Classification } from './personal-data.ts';
import type { WantedWorkspaces } from './workspace.ts';

/** A JSON Schema (2020-12) as the platform admits it: see `engines/packaging/admit-schema.ts` for the bounds. */
export type JsonSchema = boolean | JsonObject;

/**
 * How strongly calls are kept apart. `fresh`: a new process for every call, in namespaces that are new or proven clean.
 * `warm`: one process serves many calls of one account. `container`: a new process for every call, in a container of
 * Docker or Podman per version and account.
 */
export const isolations = ['fresh', 'warm', 'container'] as const;
export type Isolation = (typeof isolations)[number];

/** Upper bounds of one call. Milliseconds and bytes. */
export interface Limits {
  wallMs: number;
  cpuMs: number;
  memoryBytes: number;
  /** A JSON result. What is recorded of stdout and stderr is bounded by a fixed 64 KiB each; a command line's result has all. */
  outputBytes: number;
  /** A file given or returned. */
  fileBytes: number;
  tmpBytes: number;
  /** Subprocesses at one time; 0: none may be started. */
  subprocesses: number;
  threads: number;
}

/** CONTRACT.md, "Default limits". */
export const defaultLimits: Limits = {
  wallMs: 60_000,
  cpuMs: 30_000,
  memoryBytes: 512 * 2 ** 20,
  outputBytes: 8 * 2 ** 20,
  fileBytes: 256 * 2 ** 20,
  tmpBytes: 256 * 2 ** 20,
  subprocesses: 0,
  threads: 32,
};

/** One typed entry of a service. */
export interface Operation {
  name: string;
  description: string;
  /** Always an object schema: arguments by parameter name. */
  input: JsonSchema;
  output: JsonSchema;
  /** What answers: a JSON value, one file, or a stream of JSON values. */
  result: 'json' | 'file' | 'stream';
  /** Declared content type of a file result. */
  contentType?: string;
  /** Secrets that it asks for, beside those of its version: names of them by the environment variable that they come in. */
  secrets?: Readonly<Record<string, string>>;
  /** Workspaces that it asks for, beside those of its version: modes by name. */
  workspaces?: WantedWorkspaces;
  /** Parameters that take files. */
  files: readonly string[];
  /** What its arguments are at least, however they are labelled. */
  classification?: Classification;
  /** Running it twice does no more than running it once, so that it may be run again where nobody knows how far it came. */
  idempotent?: boolean;
  /** How often a job of it is begun at most, and milliseconds until the second time; then twice as long each time. */
  retry?: { attempts: number; backoffMs: number };
  /** Arguments that the author shows how it is called with; of files their names. */
  example?: JsonObject;
  /** Line of the definition in the entry file, 1-based. */
  line?: number;
  /**
   * How its arguments become a command line, where it is one: the sandbox's own words, which it is given back with every
   * call (`engines/sandbox/runtime/crank_runtime/commandline/command.py`). The platform does not look into it.
   */
  command?: JsonObject;
  /**
   * How its arguments become what a function in another language takes: the sandbox's own words, likewise
   * (`engines/sandbox/runtime/node/plan.ts`).
   */
  plan?: JsonObject;
}

/** What runs a version: a Python module, a model on onnxruntime, a TypeScript or JavaScript module on Node, or programs of the system. */
export type Runtime = 'python' | 'model' | 'node' | 'command';

/** A program of the system, as sandboxes saw it when a version was deployed. */
export interface Tool {
  /** Absolute, as it is called. */
  path: string;
  /** Of the program's file, at the end of all links. */
  digest: string;
  /** First line of what it said of its version; empty where it said nothing. */
  version: string;
}

/** What a version is: everything that a call needs to know, immutable, part of the digest's pre-image or derived from it. */
export interface Manifest {
  name: string;
  description: string;
  runtime: Runtime;
  /** Path of the module, of the model, or of what its commands are, within the source. */
  entry: string;
  /** Interpreter series, such as `3.11`. */
  python: string;
  isolation: Isolation;
  limits: Limits;
  /** What it wants to reach, as `host:port` in canonical form; absent where nothing. */
  network?: readonly string[];
  /** Secrets that all its operations ask for: names of them by the environment variable that they come in. */
  secrets?: Readonly<Record<string, string>>;
  /** Workspaces that all its operations ask for: modes by name. */
  workspaces?: WantedWorkspaces;
  /** As declared, and the digest of the lock made from it; null where nothing is needed. */
  requirements: readonly string[];
  lock: string | null;
  /** By name, with the runtime `command`: its versions hold on nodes that have these very programs. */
  tools?: Readonly<Record<string, Tool>>;
  operations: Readonly<Record<string, Operation>>;
}

/** What somebody may do in an account. An operator looks after the node, and sees nothing of the accounts' data. */
export const roles = ['owner', 'developer', 'caller', 'auditor', 'operator'] as const;
export type Role = (typeof roles)[number];

/** What a principal is: a person, a program that acts for persons, or a program that acts for itself. */
export const kinds = ['user', 'agent', 'service'] as const;
export type Kind = (typeof kinds)[number];

/** What identifies who calls. */
export interface Principal {
  /** `key_...`, the credential's id, never the secret; `user_...`, `agent_...` or `service_...` of trusted issuers. */
  id: string;
  name: string;
  kind: Kind | 'node';
  account: string;
  role: Role;
  /** Whose word this one acts on, see `actorOf`: of a schedule or webhook, the key that made it; of a delegated token, the user it names. */
  onBehalfOf?: string;
  /** How it was shown who asks, where not by the key itself: by a token that a key minted, or one of a trusted issuer. */
  credential?: 'token' | 'issuer';
  /** `tok_...`, of a minted token. */
  tokenId?: string;
  /** `iss_...`: the trusted issuer whose token this is. */
  issuer?: string;
  /** What its token is for, where that is less than its role: `service.call:words.count`. */
  scopes?: readonly string[];
}

export type { Json, JsonObject };

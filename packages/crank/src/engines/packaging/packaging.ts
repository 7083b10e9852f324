import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Destination } from '#src/core/destination.ts';
import { digest } from '#src/core/digest.ts';
import type { Finding } from '#src/core/error.ts';
import {
  defaultLimits,
  type Isolation,
  type Json,
  type JsonObject,
  type Limits,
  type Manifest,
  type Operation,
  type Runtime,
  type Tool,
} from '#src/core/service.ts';
import { admitDescriptor } from './admit-descriptor.ts';
import { createBuilds } from './builds.ts';
import { collectEnvironments } from './collect-environments.ts';
import { COMMAND_ENTRY, withCommands } from './command-operations.ts';
import { findTools } from './command-tools.ts';
import { type Commands, readCommands } from './commands.ts';
import { compileValidator } from './compile-schema.ts';
import { settleDependencies } from './dependencies.ts';
import { ensureUv } from './ensure-uv.ts';
import { findEntry, runtimeOf, serviceName } from './entry.ts';
import { evidentLimits, SUBPROCESSES } from './evident-limits.ts';
import { assertDeployable, notDeployable, problem, quote, remark } from './findings.ts';
import { environmentDir } from './install.ts';
import type { Interpreter } from './interpreters.ts';
import { type DeclaredManifest, readManifest } from './manifest-file.ts';
import { modelRequirements, withSpecification } from './model-manifest.ts';
import { settleNode } from './node-dependencies.ts';
import { asPackage } from './package-folder.ts';
import { fileHosts, packageIndex } from './package-index.ts';
import { series } from './pep440.ts';
import { readSource, type Source } from './source.ts';
import { codeDir, dropVersion, unpack, versionDir } from './unpack.ts';
import { createUv } from './uv.ts';
import { versionDigest } from './version.ts';
import type { Workshop } from './workshop.ts';

export type { Source } from './source.ts';

export interface DeployOptions {
  name?: string | undefined;
  /** Text of a manifest (JSON or YAML) that stands for the source's own. */
  manifest?: string | undefined;
  /** Template of a command, and what it answers with, which stand for the manifest's `command` and `output`. */
  command?: string | undefined;
  output?: string | undefined;
  /** Interpreter series or specifier; decides over what the source says. */
  python?: string | undefined;
  /** Resolves the dependencies afresh instead of using the lock of an earlier deployment. */
  refresh?: boolean | undefined;
  /** Whose work it is. */
  account?: string | undefined;
  /** Somebody works on the source: it is likely to come again soon, changed. */
  another?: boolean | undefined;
}

/** Where a version runs: what a sandbox template needs of it. */
export interface Location {
  interpreter: string;
  codeDir: string;
  libDirs: readonly string[];
}

/** A version that is ready to run but not yet described by its own code. */
export interface Prepared extends Location {
  readonly name: string;
  readonly digest: string;
  readonly entry: string;
  readonly runtime: Runtime;
  /** Interpreter series. */
  readonly python: string;
  readonly lock: string | null;
  readonly requirements: readonly string[];
  readonly limits: Limits;
  readonly isolation: Isolation;
  /** With the runtime `command`: the programs. */
  readonly tools?: Readonly<Record<string, Tool>>;
  /** Warnings so far. */
  readonly findings: readonly Finding[];
  readonly declared: DeclaredManifest;
}

export interface Packaging {
  /**
   * Reads the source, locks and installs what it needs, and writes it to its version's folder. Runs none of its code; build
   * scripts of packages without wheels run in sandboxes.
   *
   * @throws CrankError `not-deployable` with findings; `unavailable` where packages are needed and the index or uv is
   * out of reach. Nothing stays then.
   */
  prepare(source: Source, options: DeployOptions, progress?: (message: string) => void): Promise<Prepared>;
  /**
   * The manifest, with the operations that the code inside described (untrusted JSON text).
   *
   * @throws CrankError `not-deployable`; call `discard` then
   */
  complete(prepared: Prepared, descriptor: Uint8Array): { manifest: Manifest; findings: Finding[] };
  /** Takes back a `prepare` whose deployment failed. A version that was there before, or is deployed meanwhile, stays. */
  discard(prepared: Prepared): Promise<void>;
  /** Takes away a version's files. */
  drop(digest: string): Promise<void>;
  /** Takes away installed packages that none of these versions uses, but for those that were prepared a moment ago. */
  collect(used: readonly { lock: string; python: string }[]): Promise<void>;
  /** @throws CrankError `not-deployable` where the interpreter series is gone from this machine */
  locate(version: { digest: string; python: string; lock: string | null }): Location;
}

const STALE_MS = 3_600_000;

export const createPackaging = (config: {
  versionsDir: string;
  envsDir: string;
  toolsDir: string;
  /** The first is the default. */
  interpreters: readonly Interpreter[];
  workshop: Workshop;
  /** What builds may reach beside the index and what is known of where it keeps its files. */
  indexHosts?: readonly Destination[];
  log: (message: string, fields: Record<string, unknown>) => void;
}): Packaging => {
  const { versionsDir, envsDir, toolsDir, interpreters, log } = config;
  const workshop: Workshop = { ...config.workshop, scan: remembering(config.workshop.scan) };
  const locksDir = join(envsDir, 'locks');
  const buildsDir = join(envsDir, 'builds');
  const pythons = [...interpreters.map(({ path }) => path), 'python3', '/usr/bin/python3'];
  const uv = createUv(toolsDir, pythons);
  let files: ReturnType<typeof fileHosts> | undefined;
  const builds = createBuilds({
    workshop,
    index: async (progress, { path }) => {
      const index = packageIndex(process.env, config.indexHosts ?? []);
      if ('wrong' in index) return index;
      files ??= fileHosts((args, input) => uv(args, { cwd: toolsDir, python: path, input, progress }));
      const found = await files;
      if (found.length === 0) files = undefined;
      const destinations = [...index.destinations, ...found];
      return { ...index, destinations };
    },
    folder: buildsDir,
    uv: (progress) => ensureUv(toolsDir, progress, pythons),
  });
  for (const folder of [versionsDir, envsDir, locksDir, buildsDir, toolsDir]) removeLeftovers(folder, log);

  /** Versions that this process made: how many deployments count on the folder. It goes when none is left. */
  const made = new Map<string, number>();

  /** Folders of packages that a deployment may be about to record the use of: when they were prepared. */
  const lately = new Map<string, number>();

  const locate: Packaging['locate'] = ({ digest, python, lock }) => {
    const interpreter = interpreters.find(({ version }) => series(version) === python);
    if (interpreter === undefined) {
      const message = `Python ${python}, which the version was deployed with, is no longer on this node.`;
      throw notDeployable([problem('', message, `Install Python ${python}, or deploy the script again.`)]);
    }
    const libDirs = lock === null ? [] : [environmentDir(envsDir, lock, python)];
    return { interpreter: interpreter.path, codeDir: codeDir(versionsDir, digest), libDirs };
  };

  const giveUp = async (digest: string): Promise<void> => {
    const users = made.get(digest);
    if (users === undefined) return;
    if (users > 1) made.set(digest, users - 1);
    else {
      made.delete(digest);
      await dropVersion(versionsDir, digest);
    }
  };

  return {
    locate,

    prepare: async (given, options, progress = () => {}) => {
      const mayBeEmpty = options.command !== undefined || options.manifest !== undefined;
      const { source: whole, findings } = readSource(given.files, given.folder, mayBeEmpty);
      const packaged = asPackage(whole, options.name);
      const { manifest: said, findings: inManifest } = readManifest(packaged, options.manifest);
      findings.push(...inManifest);
      const commands = readCommands(said, options, findings);
      assertDeployable(findings);

      const found = commands ? { entry: COMMAND_ENTRY } : findEntry(packaged, said.entry, said.runtime);
      if ('finding' in found) throw notDeployable([...findings, found.finding]);
      const { entry } = found;
      const runtime = runtimeOf(entry);
      if (runtime !== 'model' && said.model !== undefined) {
        const message = 'It has "model", but what it deploys is no model.';
        throw notDeployable([...findings, problem('manifest', message, 'Add "runtime": "model", or take it out.')]);
      }
      let source = runtime === 'model' ? withSpecification(packaged, said.model) : packaged;
      const declared = completed(runtime, said, commands);
      const [tool] = commands?.tools ?? [];
      const named = serviceName(source, entry, options.name, declared.name, tool && (source.folder ?? tool));
      if ('finding' in named) throw notDeployable([...findings, named.finding]);
      const { name } = named;
      const { python, refresh = false, account = '', another } = options;
      const settling = { source, entry, manifest: declared, python, refresh, account, another, progress };
      const { interpreter, lock, requirements, scan } =
        runtime === 'node'
          ? await settleNode(settling, { interpreters, envsDir }, findings)
          : await settleDependencies(settling, { interpreters, workshop, uv, builds, envsDir, locksDir }, findings);
      if (lock !== null) lately.set(environmentDir(envsDir, lock.digest, series(interpreter.version)), Date.now());
      const evident = evidentLimits(scan, declared);
      findings.push(...evident.findings);
      const work = { account, interpreter: interpreter.path };
      const tools = commands && (await findTools(commands.tools, 'command', workshop, work));
      if (tools !== undefined) source = withCommands(source, commands!.operations, tools);

      const content = {
        name,
        entry,
        runtime,
        python: series(interpreter.version),
        isolation: declared.isolation ?? 'fresh',
        limits: {
          ...defaultLimits,
          ...(tools && { subprocesses: SUBPROCESSES }),
          ...evident.limits,
          ...declared.limits,
        },
        lock: lock?.digest ?? null,
        requirements: requirements.map(({ text }) => text),
      };
      const { description, operations, network, secrets } = declared;
      const digest = versionDigest({ ...content, source, description, operations, network, secrets });
      // Counted in the same turn as the look at the folder, so that no failed deployment takes it from another.
      const ours = made.has(digest) || !existsSync(versionDir(versionsDir, digest));
      if (ours) made.set(digest, (made.get(digest) ?? 0) + 1);
      try {
        await unpack(versionsDir, digest, source);
      } catch (error) {
        if (ours) await giveUp(digest);
        throw error;
      }
      log('version prepared', { name, digest, packages: lock?.packages.length ?? 0 });
      const at = locate({ ...content, digest });
      return { ...content, ...at, ...(tools && { tools }), digest, declared, findings };
    },

    complete: (prepared, bytes) => {
      const { declared, entry } = prepared;
      const descriptor = admitDescriptor(bytes, entry);
      const findings = [...prepared.findings, ...descriptor.findings];
      const operations = selectOperations(descriptor.operations, declared.operations, entry, findings);
      assertDeployable(findings);
      if (declared.network !== undefined) findings.push(needsGrants(declared.network));
      const manifest: Manifest = {
        name: prepared.name,
        description: declared.description ?? descriptor.description,
        runtime: prepared.runtime,
        entry,
        python: prepared.python,
        isolation: prepared.isolation,
        limits: prepared.limits,
        ...(declared.network && { network: declared.network }),
        ...(declared.secrets && { secrets: declared.secrets }),
        ...(prepared.tools && { tools: prepared.tools }),
        requirements: prepared.requirements,
        lock: prepared.lock,
        operations,
      };
      return { manifest, findings };
    },

    collect: async (used) => {
      for (const [folder, at] of lately) if (Date.now() - at > STALE_MS) lately.delete(folder);
      const removed = await collectEnvironments(envsDir, used, new Set(lately.keys()));
      if (removed > 0) log('environments removed that nothing uses', { removed });
    },

    discard: ({ digest }) => giveUp(digest),

    drop: async (digest) => {
      made.delete(digest);
      await dropVersion(versionsDir, digest);
    },
  };
};

/** What the runtime makes of what was declared. */
const completed = (runtime: Runtime, said: DeclaredManifest, commands: Commands | undefined): DeclaredManifest => {
  if (commands !== undefined) return { ...said, requirements: [], operations: commands.operations };
  return runtime === 'model' ? { ...said, requirements: modelRequirements(said.model, said.requirements) } : said;
};

const needsGrants = (network: readonly string[]): Finding =>
  remark(
    'network',
    `It asks for a network: ${network.join(', ')}. Calls are refused until that is granted.`,
    'Apply a policy that grants it (package crank.egress, `allow`), and have the operator of the node name it (CRANK_EGRESS).',
  );

/** The operations that the manifest asks for, with what it says of them; all where it names none. */
const selectOperations = (
  described: readonly Operation[],
  declared: DeclaredManifest['operations'],
  entry: string,
  findings: Finding[],
): Record<string, Operation> => {
  // Without a prototype: "constructor" is an operation only where there is one.
  const operations: Record<string, Operation> = Object.create(null);
  if (declared === undefined) {
    for (const operation of described) operations[operation.name] = operation;
    return operations;
  }
  for (const [name, { command: _, ...override }] of declared) {
    const operation = described.find((one) => one.name === name);
    if (operation === undefined) {
      const known = described
        .map((one) => one.name)
        .slice(0, 20)
        .join(', ');
      findings.push(
        problem(entry, `The manifest names the operation ${quote(name)}, which is not there.`, `Known: ${known}.`),
      );
    } else if (override.contentType !== undefined && operation.result !== 'file') {
      const message = `The manifest gives ${name} a content type, but its result is no file.`;
      findings.push(problem(entry, message, 'Take it out, or let the function return a pathlib.Path.', operation.line));
    } else {
      const wrong = override.example && exampleFault(operation, override.example);
      if (wrong !== undefined)
        findings.push(problem(entry, `The example of ${name} ${wrong}.`, 'Mend it in the manifest.', operation.line));
      operations[name] = { ...operation, ...override };
    }
  }
  return operations;
};

/** What is wrong with an example, where something is. */
const exampleFault = ({ input, files }: Operation, example: JsonObject): string | undefined => {
  const named = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(named);
    const isName = typeof value === 'string' && /^\w[\w. -]{0,100}$/.test(value);
    return isName ? { name: value, base64: '' } : value;
  };
  const given = Object.entries(example).map(([name, value]) => [name, files.includes(name) ? named(value) : value]);
  const [first] = compileValidator(input)(Object.fromEntries(given));
  return first && `does not match its schema: ${first.pointer || '/'} ${first.message}`;
};

const MOST_SCANS = 64;

/** The last answers to scans: what was deployed a moment ago, or is at the same time, is not read again. */
const remembering = (scan: Workshop['scan']): Workshop['scan'] => {
  const known = new Map<string, Promise<Uint8Array>>();
  return (work) => {
    const key = `${work.account} ${work.interpreter} ${digest(work.request)}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const answer = scan(work);
    known.set(key, answer);
    answer.catch(() => known.delete(key));
    if (known.size > MOST_SCANS) known.delete(known.keys().next().value!);
    return answer;
  };
};

/** What a node that was killed left half-way. Another process may be at work on what is younger. */
const removeLeftovers = (folder: string, log: (message: string, fields: Record<string, unknown>) => void): void => {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  for (const name of names.filter((name) => /^\.(?:new|old|env|lock|uv)-/.test(name))) {
    const path = join(folder, name);
    if (Date.now() - statSync(path).mtimeMs < STALE_MS) continue;
    rmSync(path, { recursive: true, force: true });
    log('leftover removed', { path });
  }
};

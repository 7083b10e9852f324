import type { Kysely } from 'kysely';
import { LATEST } from '#src/core/alias.ts';
import { CrankError, type InputError } from '#src/core/error.ts';
import type { Manifest, Operation } from '#src/core/service.ts';
import { compileValidator } from '#src/engines/packaging/compile-schema.ts';
import type { Database } from '#src/store/schema.ts';
import { type Caller, type Canary, type ChosenBy, isDrawn } from './draw.ts';

/** Another node on the same database is seen within this time. */
const CACHE_MS = 5_000;
const CACHE_SIZE = 1_000;

type Validator = (value: unknown) => InputError[];

export interface CallableOperation {
  operation: Operation;
  validateInput: Validator;
  validateOutput: Validator;
}

/** A version that calls can run. */
export interface DeployedVersion {
  account: string;
  service: string;
  digest: string;
  manifest: Manifest;
  /** Why it is not to be run, since it broke its sandbox's rules; null where nothing is known against it. */
  quarantine: string | null;
  /** Compiled at first use. @throws CrankError `not-found` */
  operation(name: string): CallableOperation;
}

interface Resolved {
  digest: string;
  /** Of the service, where the reference is what calls without a version go by. */
  canary: Canary | undefined;
  until: number;
}

/** Candidates that are named where a prefix is ambiguous. */
const CANDIDATES = 5;

/** Finds versions by name, alias and digest. */
export class Catalog {
  readonly #db: Kysely<Database>;
  readonly #resolved = new Map<string, Resolved>();
  readonly #versions = new Map<string, DeployedVersion>();
  /** Told of each call that a canary gets which may end by itself. */
  onDrawn: (account: string, service: string) => void = () => undefined;
  /** Counts what was forgotten. */
  #changes = 0;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** Grows whenever something that this node knew of a service may have changed. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * @param reference an alias, or at least 8 hexadecimal digits of a version digest
   * @throws CrankError `not-found` where there is no such service or version, `malformed-request` for an ambiguous prefix
   */
  async resolve(account: string, service: string, reference?: string): Promise<DeployedVersion> {
    const { digest } = await this.#resolve(account, service, reference);
    return this.#version(account, service, digest);
  }

  /**
   * The version that a call runs. One that names no version goes to `latest`, or to the canary where it is drawn and the
   * canary has the operation.
   *
   * @throws CrankError as `resolve`
   */
  async choose(
    call: { account: string; service: string; version: string | undefined; operation: string },
    caller: Caller,
  ): Promise<DeployedVersion> {
    const { account, service } = call;
    const known = call.version === undefined ? this.#resolved.get(`${account}/${service}`) : undefined;
    if (known !== undefined && known.canary === undefined && known.until > Date.now()) {
      const version = this.#versions.get(`${account}/${service}/${known.digest}`);
      if (version !== undefined) return version;
    }
    const { digest, canary } = await this.#resolve(account, service, call.version);
    if (canary !== undefined && isDrawn(canary, caller)) {
      const drawn = await this.#version(account, service, canary.digest);
      if (Object.hasOwn(drawn.manifest.operations, call.operation) && drawn.quarantine === null) {
        if (canary.autoAbort) this.onDrawn(account, service);
        return drawn;
      }
    }
    return this.#version(account, service, digest);
  }

  async #resolve(account: string, service: string, reference: string | undefined): Promise<Resolved> {
    const name = reference === undefined ? `${account}/${service}` : `${account}/${service}@${reference}`;
    const known = this.#resolved.get(name);
    if (known !== undefined && known.until > Date.now()) return known;
    const change = this.#changes;
    const found: Resolved = {
      digest: await this.#find(account, service, reference ?? LATEST),
      canary: reference === undefined ? await this.#canary(account, service) : undefined,
      until: Date.now() + CACHE_MS,
    };
    if (this.#resolved.size >= CACHE_SIZE) this.#resolved.clear();
    // What was read before a change is not kept beyond it.
    if (change === this.#changes) this.#resolved.set(name, found);
    return found;
  }

  async #version(account: string, service: string, digest: string): Promise<DeployedVersion> {
    return this.#versions.get(`${account}/${service}/${digest}`) ?? (await this.#load(account, service, digest));
  }

  /** Whether any version of any service of an account asks for a network. */
  async hasNetworks(account: string): Promise<boolean> {
    const found = await this.#db
      .selectFrom('versions')
      .select('digest')
      .where('account', '=', account)
      .where('manifest', 'like', '%"network":[%')
      .limit(1)
      .executeTakeFirst();
    return found !== undefined;
  }

  /** Forgets a service: it was deployed again or removed. */
  forget(account: string, service: string): void {
    this.#changes++;
    const whole = `${account}/${service}`;
    for (const name of this.#resolved.keys())
      if (name === whole || name.startsWith(`${whole}@`)) this.#resolved.delete(name);
    for (const name of this.#versions.keys())
      if (name.startsWith(`${account}/${service}/`)) this.#versions.delete(name);
  }

  async #find(account: string, service: string, reference: string): Promise<string> {
    const alias = await this.#db
      .selectFrom('aliases')
      .select('digest')
      .where('account', '=', account)
      .where('service', '=', service)
      .where('alias', '=', reference)
      .executeTakeFirst();
    if (alias !== undefined) return alias.digest;
    const prefix = /^(?:sha256:)?([0-9a-f]{8,64})$/.exec(reference)?.[1];
    const found =
      prefix === undefined
        ? []
        : await this.#db
            .selectFrom('versions')
            .select('digest')
            .where('account', '=', account)
            .where('service', '=', service)
            .where('digest', 'like', `sha256:${prefix}%`)
            .orderBy('digest')
            .limit(CANDIDATES + 1)
            .execute();
    if (found.length === 1) return found[0]!.digest;
    if (found.length > 1) {
      const shown = distinct(found.slice(0, CANDIDATES).map(({ digest }) => digest.slice(7)));
      throw new CrankError(
        'malformed-request',
        `More than one version begins with ${prefix}: ${shown.join(', ')}${found.length > CANDIDATES ? ' and others' : ''}. Give more digits.`,
      );
    }
    if (reference === LATEST) {
      const names = await this.#db
        .selectFrom('aliases')
        .select('alias')
        .where('account', '=', account)
        .where('service', '=', service)
        .orderBy('alias')
        .execute();
      if (names.length > 0)
        throw new CrankError(
          'not-found',
          `"${service}" has no latest version yet, only ${names.map(({ alias }) => `${service}@${alias}`).join(', ')}: name one of them, or deploy it without --alias.`,
        );
    }
    const exists = await this.#db
      .selectFrom('services')
      .select('name')
      .where('account', '=', account)
      .where('name', '=', service)
      .executeTakeFirst();
    throw new CrankError(
      'not-found',
      exists === undefined
        ? `There is no service "${service}" in the account ${account}: \`crank services\` lists what there is.`
        : `The service "${service}" has no version or alias "${reference}": \`crank versions ${service}\` lists them (a version is named by at least 8 digits of its digest).`,
    );
  }

  async #canary(account: string, service: string): Promise<Canary | undefined> {
    const row = await this.#db
      .selectFrom('canaries')
      .selectAll()
      .where('account', '=', account)
      .where('service', '=', service)
      .executeTakeFirst();
    return (
      row && {
        digest: row.digest,
        share: Number(row.share),
        chosenBy: row.chosen_by as ChosenBy,
        salt: row.salt,
        autoAbort: Number(row.auto_abort) === 1,
      }
    );
  }

  async #load(account: string, service: string, digest: string): Promise<DeployedVersion> {
    const change = this.#changes;
    const row = await this.#db
      .selectFrom('versions')
      .select(['manifest', 'quarantine'])
      .where('account', '=', account)
      .where('service', '=', service)
      .where('digest', '=', digest)
      .executeTakeFirst();
    if (row === undefined) throw new CrankError('not-found', `The version ${digest} of "${service}" was removed.`);
    const version: DeployedVersion = {
      ...{ account, service, digest, quarantine: row.quarantine },
      ...callable(service, JSON.parse(row.manifest) as Manifest),
    };
    if (this.#versions.size >= CACHE_SIZE) this.#versions.clear();
    if (change === this.#changes) this.#versions.set(`${account}/${service}/${digest}`, version);
    return version;
  }
}

/** Digests cut to as many digits as tell them apart, and a few more. */
const distinct = (digests: readonly string[]): string[] => {
  let length = 12;
  const cut = (): string[] => digests.map((digest) => digest.slice(0, length));
  while (length < 64 && new Set(cut()).size < digests.length) length++;
  length += 4;
  return cut();
};

const callable = (service: string, manifest: Manifest): Pick<DeployedVersion, 'manifest' | 'operation'> => {
  const compiled = new Map<string, CallableOperation>();
  return {
    manifest,
    operation: (name) => {
      const known = compiled.get(name);
      if (known !== undefined) return known;
      const operation = Object.hasOwn(manifest.operations, name) ? manifest.operations[name] : undefined;
      if (operation === undefined) {
        throw new CrankError(
          'not-found',
          `The service "${service}" has no operation "${name.slice(0, 80)}": it has ${Object.keys(manifest.operations).slice(0, 20).join(', ')}.`,
        );
      }
      const made: CallableOperation = {
        operation,
        validateInput: compileValidator(operation.input),
        validateOutput: compileValidator(operation.output),
      };
      compiled.set(name, made);
      return made;
    },
  };
};

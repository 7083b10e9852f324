import type { Kysely } from 'kysely';
import { CrankError, type InputError } from '#src/core/error.ts';
import type { Manifest, Operation } from '#src/core/service.ts';
import { compileValidator } from '#src/engines/packaging/compile-schema.ts';
import type { Database } from '#src/store/schema.ts';

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

/** Finds versions by name, alias and digest. */
export class Catalog {
  readonly #db: Kysely<Database>;
  readonly #resolved = new Map<string, { digest: string; until: number }>();
  readonly #versions = new Map<string, DeployedVersion>();

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /**
   * @param reference an alias, or at least 8 hexadecimal digits of a version digest
   * @throws CrankError `not-found` where there is no such service or version, `malformed-request` for an ambiguous prefix
   */
  async resolve(account: string, service: string, reference = 'latest'): Promise<DeployedVersion> {
    const name = `${account}/${service}@${reference}`;
    const known = this.#resolved.get(name);
    const digest =
      known !== undefined && known.until > Date.now() ? known.digest : await this.#find(account, service, reference);
    if (digest !== known?.digest || known.until <= Date.now()) {
      if (this.#resolved.size >= CACHE_SIZE) this.#resolved.clear();
      this.#resolved.set(name, { digest, until: Date.now() + CACHE_MS });
    }
    return this.#versions.get(`${account}/${service}/${digest}`) ?? (await this.#load(account, service, digest));
  }

  /** Forgets a service: it was deployed again or removed. */
  forget(account: string, service: string): void {
    for (const name of this.#resolved.keys())
      if (name.startsWith(`${account}/${service}@`)) this.#resolved.delete(name);
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
            .limit(2)
            .execute();
    if (found.length === 1) return found[0]!.digest;
    if (found.length > 1)
      throw new CrankError('malformed-request', `More than one version begins with ${prefix}: give more digits.`);
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

  async #load(account: string, service: string, digest: string): Promise<DeployedVersion> {
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
    this.#versions.set(`${account}/${service}/${digest}`, version);
    return version;
  }
}

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

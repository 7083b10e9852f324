import type { Kysely } from 'kysely';
import { LATEST } from '#src/core/alias.ts';
import { isRunName } from '#src/core/run-name.ts';
import type { Manifest, Operation } from '#src/core/service.ts';
import type { Database } from '#src/store/schema.ts';
import type { Catalog } from '../catalog.ts';
import { type SearchDocument, searchDocument } from './search-document.ts';

/** Another node on the same database is seen within this time. */
const CACHE_MS = 5_000;
const ACCOUNTS = 100;

/** An operation as a call without a version finds it. */
export interface Listed {
  account: string;
  service: string;
  version: string;
  manifest: Manifest;
  operation: Operation;
  /** What a search looks at; made when first searched. */
  readonly document: SearchDocument;
}

interface Known {
  change: number;
  until: number;
  listed: Promise<readonly Listed[]>;
}

/** All that can be called in an account, from memory: machines ask for it often, and for all of it. */
export class Directory {
  readonly #db: Kysely<Database>;
  readonly #catalog: Catalog;
  readonly #known = new Map<string, Known>();

  constructor(db: Kysely<Database>, catalog: Catalog) {
    this.#db = db;
    this.#catalog = catalog;
  }

  /** The operations of an account's services at their latest version, by name. */
  of(account: string): Promise<readonly Listed[]> {
    const known = this.#known.get(account);
    if (known !== undefined && known.change === this.#catalog.changes && known.until > Date.now()) return known.listed;
    if (this.#known.size >= ACCOUNTS) this.#known.clear();
    const listed = this.#read(account);
    this.#known.set(account, { change: this.#catalog.changes, until: Date.now() + CACHE_MS, listed });
    // What could not be read is asked for again.
    listed.catch(() => this.#known.delete(account));
    return listed;
  }

  async #read(account: string): Promise<readonly Listed[]> {
    const rows = await this.#db
      .selectFrom('aliases')
      .innerJoin('versions', (join) =>
        join
          .onRef('versions.account', '=', 'aliases.account')
          .onRef('versions.service', '=', 'aliases.service')
          .onRef('versions.digest', '=', 'aliases.digest'),
      )
      .select(['versions.service', 'versions.digest', 'versions.manifest'])
      .where('aliases.account', '=', account)
      .where('aliases.alias', '=', LATEST)
      .where('versions.quarantine', 'is', null)
      .orderBy('versions.service')
      .execute();
    return rows
      .filter(({ service }) => !isRunName(service))
      .flatMap(({ service, digest, manifest: text }) => {
        const manifest = JSON.parse(text) as Manifest;
        return Object.values(manifest.operations).map((operation) =>
          listed({ account, service, version: digest, manifest, operation }),
        );
      });
  }
}

const listed = (one: Omit<Listed, 'document'>): Listed => {
  let document: SearchDocument | undefined;
  return {
    ...one,
    get document() {
      document ??= searchDocument(one.service, one.manifest, one.operation);
      return document;
    },
  };
};

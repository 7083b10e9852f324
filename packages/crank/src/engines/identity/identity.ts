import type { Kysely } from 'kysely';
import { CrankError } from '#src/core/error.ts';
import { newId } from '#src/core/id.ts';
import type { Kind, Principal, Role } from '#src/core/service.ts';
import type { Database, KeyRow } from '#src/store/schema.ts';
import { apiKeyHash, isApiKey, newApiKey } from './api-key.ts';
import { type Bearer, badToken, claimsOf, isJwt, type Shown } from './bearer.ts';

/** Another node on the same database learns of a revocation within this time; this node at once. */
const CACHE_MS = 5_000;
const CACHE_SIZE = 10_000;

export interface KeyInfo {
  id: string;
  name: string;
  role: Role;
  kind: Kind;
  account: string;
  created: string;
  revoked: string | null;
}

const principalOf = (row: KeyRow): Principal => ({
  id: row.id,
  name: row.name,
  kind: row.kind as Principal['kind'],
  account: row.account,
  role: row.role as Role,
});

const infoOf = (row: Omit<KeyRow, 'secret_hash'>): KeyInfo => ({
  id: row.id,
  name: row.name,
  role: row.role as Role,
  kind: row.kind as Kind,
  account: row.account,
  created: new Date(row.created_at).toISOString(),
  revoked: row.revoked_at === null ? null : new Date(row.revoked_at).toISOString(),
});

/** Knows principals by their API keys, and by tokens of the sorts that it is told of. Changes are returned as rows and queries: the recorder writes them with their receipt. */
export class Identity {
  readonly #db: Kysely<Database>;
  readonly #known = new Map<string, Shown>();
  readonly #bearers: Bearer[] = [];

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** Takes tokens of another sort from now on. */
  accept(bearer: Bearer): void {
    this.#bearers.push(bearer);
  }

  /**
   * @param authorization the header's value, `Bearer <key or token>`
   * @throws CrankError `unauthenticated`
   */
  async authenticate(authorization: string | undefined): Promise<Principal> {
    if (authorization === undefined) {
      throw new CrankError(
        'unauthenticated',
        'No credentials: send the header "Authorization: Bearer <API key or token>".',
      );
    }
    const key = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    const hash = key === undefined ? '' : apiKeyHash(key);
    const known = this.#known.get(hash);
    if (known !== undefined && known.until > Date.now()) return known.principal;
    if (key !== undefined && isJwt(key)) return this.#know(hash, await this.#shownBy(key));
    if (key === undefined || !isApiKey(key)) {
      throw badToken(
        'The Authorization header holds no well-formed API key: send "Bearer crk_...", and check that the key was copied whole.',
      );
    }
    const row = await this.#db
      .selectFrom('keys')
      .selectAll()
      .where('secret_hash', '=', hash)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined) {
      this.#known.delete(hash);
      throw badToken('This API key is unknown or revoked: ask the owner of the account for a new one.');
    }
    return this.#know(hash, { principal: principalOf(row), until: Number.POSITIVE_INFINITY });
  }

  #know(hash: string, { principal, until }: Shown): Principal {
    if (this.#known.size >= CACHE_SIZE) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(hash, { principal, until: Math.min(until, Date.now() + CACHE_MS) });
    return principal;
  }

  async #shownBy(jwt: string): Promise<Shown> {
    const claims = claimsOf(jwt);
    for (const bearer of this.#bearers) {
      const shown = await bearer(jwt, claims);
      if (shown !== undefined) return shown;
    }
    throw badToken('No account of this node takes tokens of this issuer for this audience.');
  }

  /** A new key; the secret is returned once and never stored. */
  create(options: { account: string; name: string; role: Role; kind?: Kind }) {
    const secret = newApiKey(options.role);
    const row: KeyRow = {
      id: newId('key'),
      account: options.account,
      name: options.name,
      kind: options.kind ?? 'user',
      role: options.role,
      secret_hash: apiKeyHash(secret),
      created_at: Date.now(),
      revoked_at: null,
    };
    return { secret, info: infoOf(row), query: this.#db.insertInto('keys').values(row).compile() };
  }

  /** @throws CrankError `not-found` */
  async find(account: string, id: string): Promise<KeyInfo> {
    const row = await this.#db
      .selectFrom('keys')
      .selectAll()
      .where('account', '=', account)
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined)
      throw new CrankError(
        'not-found',
        `There is no key ${id} in the account ${account}: list them with \`crank key list\`.`,
      );
    return infoOf(row);
  }

  /** A key that is not revoked, by its id. */
  async byKey(id: string): Promise<Principal | undefined> {
    const row = await this.#db
      .selectFrom('keys')
      .selectAll()
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return row && principalOf(row);
  }

  /** A principal by its id, for what goes on in its name; undefined where it is revoked or not there. */
  async byId(account: string, id: string): Promise<Principal | undefined> {
    const row = await this.#db
      .selectFrom('keys')
      .selectAll()
      .where('account', '=', account)
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return row && principalOf(row);
  }

  /**
   * A principal that was let in before, for what goes on in its name; undefined where its key is revoked, or its issuer no
   * longer trusted. That its token has run out since is no matter.
   *
   * @param acting as it was then, JSON text, where it was shown by a token
   */
  async again(account: string, id: string, acting: string | null): Promise<Principal | undefined> {
    if (acting === null) return this.byId(account, id);
    const principal = JSON.parse(acting) as Principal;
    if (principal.issuer === undefined) return (await this.byId(account, principal.id)) && principal;
    const issuer = await this.#db
      .selectFrom('issuers')
      .select('id')
      .where('account', '=', account)
      .where('id', '=', principal.issuer)
      .executeTakeFirst();
    return issuer && principal;
  }

  /** The write that revokes a key; call `forget` once it is committed. */
  revoke(id: string) {
    return this.#db.updateTable('keys').set({ revoked_at: Date.now() }).where('id', '=', id).compile();
  }

  /** Drops cached look-ups, so that a revoked key is refused from now on. */
  forget(): void {
    this.#known.clear();
  }

  async list(account: string): Promise<KeyInfo[]> {
    const rows = await this.#db.selectFrom('keys').selectAll().where('account', '=', account).orderBy('id').execute();
    return rows.map(infoOf);
  }

  /** Owners of an account that are not revoked: there must always be one. */
  async owners(account: string): Promise<number> {
    const rows = await this.list(account);
    return rows.filter((row) => row.role === 'owner' && row.revoked === null).length;
  }
}

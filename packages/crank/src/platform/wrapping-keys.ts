import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Vault } from './vault.ts';

const NAME = /^(\d{1,9})\.key$/;

/** The keys that wrap the keys of subjects: `N.key` in a folder, of which the largest N wraps and the others only unwrap. */
export class WrappingKeys {
  readonly #folder: string;
  readonly #vaults = new Map<number, Vault>();
  /** For names of subjects: never changes, so that they can be found. */
  readonly index: Buffer;
  /** Number of the key that wraps. */
  current = 0;

  private constructor(folder: string) {
    this.#folder = folder;
    this.index = Vault.keyAt(join(folder, 'index'));
  }

  static open(folder: string): WrappingKeys {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const keys = new WrappingKeys(folder);
    const numbers = readdirSync(folder).flatMap((name) => NAME.exec(name)?.[1] ?? []);
    for (const number of numbers.length === 0 ? [1] : numbers.map(Number)) keys.#load(number);
    return keys;
  }

  /** Numbers of keys that are to be destroyed. */
  get older(): number[] {
    return [...this.#vaults.keys()].filter((number) => number !== this.current);
  }

  /** Makes a new key, which wraps from now on. */
  add(): void {
    this.#load(this.current + 1);
  }

  wrap(key: Uint8Array, id: string): { wrapped_by: number; wrapped: Buffer } {
    return { wrapped_by: this.current, wrapped: this.#vaults.get(this.current)!.seal(key, id) };
  }

  /** Undefined where the wrapping key is gone. @throws Error where the bytes were changed */
  unwrap(by: number, wrapped: Uint8Array, id: string): Buffer | undefined {
    return this.#vaults.get(by)?.open(wrapped, id);
  }

  /** Overwrites and deletes all but the newest. */
  destroyOlder(): void {
    for (const number of this.older) {
      const path = this.#path(number);
      const file = openSync(path, 'r+');
      writeSync(file, randomBytes(statSync(path).size));
      fsyncSync(file);
      closeSync(file);
      unlinkSync(path);
      this.#vaults.delete(number);
    }
    const folder = openSync(this.#folder, 'r');
    fsyncSync(folder);
    closeSync(folder);
  }

  #path(number: number): string {
    return join(this.#folder, `${number}.key`);
  }

  #load(number: number): void {
    this.#vaults.set(number, Vault.open(this.#path(number)));
    this.current = Math.max(this.current, number);
  }
}

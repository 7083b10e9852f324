import type { WrappingKeys } from './wrapping-keys.ts';

/**
 * Port: wraps data keys under a key that never leaves its place. A key management service is one adapter, files of this
 * node (`fileWrapper`) are another.
 */
export interface KeyWrapper {
  wrap(key: Uint8Array, context: string): Promise<{ wrapped_by: number; wrapped: Uint8Array }>;
  /** Undefined where it was wrapped under another key than any that is at hand. @param context as it was wrapped with */
  unwrap(by: number, wrapped: Uint8Array, context: string): Promise<Buffer | undefined>;
}

/** Under the keys in a folder (mode 0700): the newest wraps, the others only unwrap. */
export const fileWrapper = (keys: WrappingKeys): KeyWrapper => ({
  wrap: async (key, context) => keys.wrap(key, context),
  unwrap: async (by, wrapped, context) => {
    try {
      return keys.unwrap(by, wrapped, context);
    } catch {
      return undefined; // another node's key of the same number
    }
  },
});

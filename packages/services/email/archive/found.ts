import { WrongInput } from '../wrong-input.ts';

/** A message in an archive. */
export interface Found {
  /** As RFC 5322 has it, without what the archive added. */
  bytes: Buffer;
  /** Where it stands in its file, for `readAt`. */
  place: string;
  /** What a reader continues from to find the messages after it. */
  next: number;
  /** The mailbox's folder, where the archive has such. */
  folder?: string;
  /** What its mailbox knows of it: `seen`, `answered`, `flagged`, `draft`, `deleted`. */
  flags?: readonly string[];
}

/** A message, or a part of an archive, that cannot be read; those after it can. */
export interface Broken {
  problem: string;
  next: number;
}

/** A message that takes more is read up to here. */
export const MOST_BYTES = 128 * 2 ** 20;

/** How one format of archives is read. */
export interface Format {
  /** Messages from a position on: 0, or `next` of one that was found. */
  read(path: string, from: number): Generator<Found | Broken>;
  /** One message again, by its place. */
  readAt(path: string, place: string): Buffer;
}

/** An archive that cannot be read, with what is wrong about it. */
export class BadArchive extends WrongInput {
  override readonly name = 'BadArchive';
}

/** What a reader of archives meets in one that is damaged, whether it expected that or not. @throws any other error */
export const problemOf = (error: unknown): string => {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (error instanceof BadArchive) return message;
  if (error instanceof RangeError || /^(?:Z_|ERR_BUFFER|ERR_OUT_OF_RANGE)/.test(code))
    return `it is damaged (${message})`;
  throw error;
};

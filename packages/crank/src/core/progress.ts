/** How far a call says that it is. */
export interface Progress {
  /** What part of its work is done, 0 to 1, never less than before; null where it never said. */
  fraction: number | null;
  /** One line. */
  message: string;
}

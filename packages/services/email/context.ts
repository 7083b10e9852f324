/** What the platform gives an operation to speak by (docs/node.md). */
export interface Context {
  call(target: string, args?: object): Promise<unknown>;
  progress(fraction: number | null, message?: string): void;
}

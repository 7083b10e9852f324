import { CrankError } from '#src/core/error.ts';
import type { Tool } from '#src/core/service.ts';
import { notDeployable, problem, quote } from './findings.ts';
import type { Work, Workshop } from './workshop.ts';

/** Characters of a version line. */
const LONGEST = 200;

/**
 * Finds programs as a sandbox sees them, with the digests of their files and the first line of what they say of their version.
 *
 * @throws CrankError `not-deployable` with a finding for each that is not there
 */
export const findTools = async (
  names: readonly string[],
  file: string,
  workshop: Workshop,
  work: Omit<Work, 'request'>,
): Promise<Readonly<Record<string, Tool>>> => {
  const request = Buffer.from(JSON.stringify({ tools: names }));
  let said: Readonly<Record<string, unknown>>;
  try {
    said = JSON.parse(Buffer.from(await workshop.tools({ ...work, request })).toString());
  } catch (error) {
    const failed = error instanceof CrankError && error.code === 'not-deployable';
    if (!(error instanceof SyntaxError) && !failed) throw error;
    const why = failed ? error.message : 'what came back is not JSON';
    throw notDeployable([
      problem(file, `Its tools could not be looked at: ${why}.`, 'Name fewer tools, or tell the operator of the node.'),
    ]);
  }
  const found = names.map((name) => [name, readTool(said[name])] as const);
  const missing = found.filter(([, tool]) => tool === undefined);
  if (missing.length > 0)
    throw notDeployable(
      missing.map(([name]) =>
        problem(
          file,
          `This node has no tool ${quote(name)} that sandboxes may run (in /usr/local/bin, /usr/bin, /bin).`,
          'Have its operator install it, such as by apt-get install, and deploy again.',
        ),
      ),
    );
  return Object.fromEntries(found) as Record<string, Tool>;
};

/** Strictly: what runs there is a program of the system's, and yet not ours. */
const readTool = (said: unknown): Tool | undefined => {
  if (typeof said !== 'object' || said === null) return undefined;
  const { path, digest, version } = said as Record<string, unknown>;
  if (typeof path !== 'string' || !/^\/[\w./+-]{1,500}$/.test(path)) return undefined;
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  const line =
    typeof version === 'string'
      ? version
          .toWellFormed()
          .replaceAll(/\p{Cc}/gu, ' ')
          .slice(0, LONGEST)
      : '';
  return { path, digest, version: line };
};

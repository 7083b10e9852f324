import type { Finding } from '#src/core/error.ts';
import { problem, quote } from './findings.ts';
import { satisfies } from './pep440.ts';
import { runProgram, toolEnvironment } from './run-program.ts';

/** A CPython that sandboxes can run. */
export interface Interpreter {
  /** Its series, `3.11`, or its full version, `3.11.7`. */
  readonly version: string;
  /** Absolute path. */
  readonly path: string;
}

const SERIES = [14, 13, 12, 11, 10, 9].map((minor) => `3.${minor}`);

const asked = new Map<string, Promise<string>>();

/** The full version of an interpreter of which only the series is known. */
const fullVersion = ({ path, version }: Interpreter): string | Promise<string> => {
  if (version.split('.').length > 2) return version;
  let answer = asked.get(path);
  if (answer === undefined) {
    answer = ask(path).then((said) => said ?? version);
    asked.set(path, answer);
  }
  return answer;
};

const ask = async (path: string): Promise<string | undefined> => {
  // -I: neither the environment nor the current folder has a say in what this runs.
  const args = ['-I', '-S', '-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])'];
  const { code, stdout } = await runProgram(path, args, { cwd: '/', env: toolEnvironment(), timeoutMs: 20_000 });
  return code === 0 ? /^\d+\.\d+\.\d+/.exec(stdout)?.[0] : undefined;
};

/** Oldest series whose scripts can be run. */
const OLDEST = '3.9';

/**
 * The first interpreter that fits: `asked` (`--python`) decides over what the source requires.
 *
 * @param asked a version or series such as `3.12`, or a specifier (PEP 440)
 */
export const chooseInterpreter = async (
  interpreters: readonly Interpreter[],
  asked: string | undefined,
  required: { specifier: string; file: string } | undefined,
): Promise<{ interpreter: Interpreter } | { finding: Finding }> => {
  const { specifier, file } =
    asked === undefined ? (required ?? { specifier: '', file: '' }) : { specifier: asked, file: '' };
  const wanted = asSpecifier(specifier.trim());
  if (satisfies('3.11.0', wanted) === undefined) {
    const fix = 'Write it as "3.12" or ">=3.10,<3.14".';
    return { finding: problem(file, `The Python version ${quote(specifier)} cannot be read.`, fix) };
  }
  const there: string[] = [];
  for (const interpreter of interpreters) {
    const version = wanted === '' ? interpreter.version : await fullVersion(interpreter);
    if (!satisfies(version, `>=${OLDEST}`)) continue;
    if (satisfies(version, wanted)) return { interpreter };
    there.push(version);
  }
  const candidate = SERIES.find((series) => satisfies(`${series}.99`, wanted));
  const fix =
    candidate === undefined
      ? `Ask for a Python that exists and is at least ${OLDEST}, or deploy with --python.`
      : `Install Python ${candidate} on the node (\`apt-get install python${candidate}\` where the system has it, else any python${candidate} on PATH) and start the node again, or deploy with --python.`;
  const needs = specifier === '' ? `${OLDEST} or newer` : specifier;
  const message = `It needs Python ${needs}; this node has ${there.join(', ') || 'none'}.`;
  return { finding: problem(file, message, fix) };
};

/** A bare version means itself and everything that begins with it. */
const asSpecifier = (text: string): string => {
  if (!/^\d+(\.\d+){0,2}$/.test(text)) return text;
  return text.split('.').length === 3 ? `==${text}` : `==${text}.*`;
};

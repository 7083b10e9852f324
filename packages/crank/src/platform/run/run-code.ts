import { canonicalJson } from '#src/core/canonical-json.ts';
import { digest, sha256Hex } from '#src/core/digest.ts';
import { CrankError } from '#src/core/error.ts';
import { runName } from '#src/core/run-name.ts';
import type { Manifest, Principal } from '#src/core/service.ts';
import { identify } from '../admit.ts';
import { type CallRequest, call } from '../call.ts';
import type { CallAnswer } from '../call-answer.ts';
import { deployAs } from '../deploy.ts';
import { permit } from '../permit.ts';
import type { Platform } from '../platform.ts';
import { readJson } from '../read-json.ts';

/** Code that somebody hands in to be run. */
export interface Code {
  /** A Python module. */
  code: string;
  /** PEP 508, beside what the code itself says (PEP 723) or imports. */
  requirements?: readonly string[] | undefined;
  /** Interpreter series. */
  python?: string | undefined;
}

export interface RunRequest extends Omit<CallRequest, 'account' | 'service' | 'version' | 'operation' | 'read'> {
  /** Reads what is to be run, once the caller is known to be permitted. @throws CrankError 400, 413, 415, 422 */
  read: () => Promise<Code & { /** JSON text of the arguments. */ input: Buffer; operation?: string | undefined }>;
}

/** Names of what was handed in, among the files of its version. */
export const CODE = 'main.py';
export const REQUIREMENTS = 'requirements.txt';

const CODE_BYTES = 2 ** 20;
/** Milliseconds in which packages are got and the code is imported. */
const PREPARING_MS = 600_000;

/**
 * Runs code that was handed in: it becomes a hidden service, once for the same code, and a call of that like any other, for
 * which policy is asked whether the caller may `code.run`. The version in its receipt is the digest of the code.
 *
 * @throws CrankError as `deploy` and `call`; `invalid-input` where it is not clear which of its functions is meant
 */
export const runCode = async (platform: Platform, request: RunRequest): Promise<CallAnswer> => {
  const { read, ...rest } = request;
  const principal = await identify(platform, request.authorization);
  const { account } = principal;
  await permit(platform, principal, 'code.run', { type: 'code', account });
  const { input, operation, ...code } = await read();
  const value = readJson(input, 'The input');
  const service = runName(digest(canonicalJson({ ...code, requirements: [...(code.requirements ?? [])] })));
  platform.runs.used(account, service);
  const manifest = await prepared(platform, principal, service, code);
  return call(platform, {
    ...rest,
    service,
    operation: operation ?? onlyOperation(manifest),
    read: async () => ({ input, value, files: [], fingerprint: () => sha256Hex(input) }),
  });
};

/** The hidden service of some code, made where it is not there. */
const prepared = async (
  platform: Platform,
  principal: Principal,
  service: string,
  { code, requirements = [], python }: Code,
): Promise<Manifest> => {
  const { account } = principal;
  const known = await manifestOf(platform, account, service);
  if (known !== undefined) return known;
  const text = Buffer.from(code);
  if (text.length > CODE_BYTES)
    throw new CrankError('too-large', 'The code has more than 1 MiB: deploy it as a service instead.');
  const files = new Map<string, Uint8Array>([[CODE, text]]);
  if (requirements.length > 0) files.set(REQUIREMENTS, Buffer.from(`${requirements.join('\n')}\n`));
  await platform.runs.prepare(account, service, async () => {
    const options = { name: service, ...(python !== undefined && { python }) };
    await deployAs(platform, principal, { files }, options, AbortSignal.timeout(PREPARING_MS), 'code.prepare');
  });
  return (await platform.catalog.resolve(account, service)).manifest;
};

const manifestOf = async (platform: Platform, account: string, service: string): Promise<Manifest | undefined> => {
  try {
    return (await platform.catalog.resolve(account, service)).manifest;
  } catch (error) {
    if (error instanceof CrankError && error.code === 'not-found') return undefined;
    throw error;
  }
};

/** What is run where nobody says: the only operation, or the one that is called as the first is by custom. */
const onlyOperation = ({ operations }: Manifest): string => {
  const names = Object.keys(operations);
  const name = names.length === 1 ? names[0] : ['main', 'run', 'cli'].find((one) => names.includes(one));
  if (name !== undefined) return name;
  const message = `must say which function to run: ${names.slice(0, 20).join(', ')}`;
  throw new CrankError('invalid-input', `The member "operation" ${message}.`, {
    errors: [{ pointer: '/operation', message }],
  });
};

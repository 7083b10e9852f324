import { CrankError } from '#src/core/error.ts';
import { ensureOpa } from '#src/engines/policy/opa.ts';

/** Before all tests: on a machine that meets them for the first time, compiling `opa` takes minutes, which no test's time limit has. */
export default async (): Promise<void> => {
  try {
    await ensureOpa({ onProgress: (text) => process.stderr.write(`tests: ${text}\n`) });
  } catch (error) {
    // Tests that need it say so themselves.
    if (!(error instanceof CrankError)) throw error;
  }
};

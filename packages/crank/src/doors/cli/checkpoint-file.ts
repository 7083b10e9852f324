import { isExport, parseCheckpoint, parseNote, parseProof, VerificationError } from 'crank-verify';
import { CrankError } from '#src/core/error.ts';
import { headOf, readInput } from './read-input.ts';

/**
 * The signed head in a file: a checkpoint, or the one that a receipt or an export is proven under. Nothing is verified.
 *
 * @throws CrankError `invalid-input`
 */
export const checkpointIn = async (path: string): Promise<{ note: string; size: number }> => {
  const text = Buffer.from(await readInput(path)).toString();
  try {
    const note = isExport(await headOf(path)) ? inExport(text) : text.startsWith('{') ? inReceipt(text) : text;
    return { note, size: parseCheckpoint(parseNote(note).text).size };
  } catch (error) {
    if (!(error instanceof VerificationError || error instanceof SyntaxError)) throw error;
    throw new CrankError('invalid-input', `${path} holds no checkpoint: ${error.message}`);
  }
};

const inReceipt = (text: string): string => {
  const { proof } = JSON.parse(text) as { proof?: unknown };
  return parseProof(typeof proof === 'string' ? proof : '').checkpoint;
};

/** The file `checkpoint` stands among the first of an archive, as it is, up to its padding. */
const inExport = (text: string): string => {
  const at = text.indexOf('\ncheckpoint\0');
  const start = (at < 0 ? text.indexOf('\0checkpoint\0') : at) + 1 + 512;
  return text.slice(start, text.indexOf('\0', start));
};

import { open, readFile } from 'node:fs/promises';
import { isExport, parseCheckpoint, parseNote, parseProof, VerificationError } from 'crank-verify';
import { CrankError } from '#src/core/error.ts';

/** @throws CrankError `invalid-input` where a file cannot be read */
export const readInput = async (path: string): Promise<Uint8Array> => {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CrankError('invalid-input', `${path} cannot be read: ${(error as Error).message}.`);
  }
};

/** The first bytes of a file. */
export const headOf = async (path: string): Promise<Uint8Array> => {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw new CrankError('invalid-input', `${path} cannot be read: ${(error as Error).message}.`);
  }
};

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

import { createReadStream } from 'node:fs';
import { type Committed, startCommitment } from '#src/engines/audit/commitment.ts';

/** Commits to the content of a file. @throws the file system's error */
export const commitToFile = async (path: string, salt: Buffer): Promise<Committed> => {
  const running = startCommitment(salt);
  for await (const chunk of createReadStream(path)) running.update(chunk as Uint8Array);
  return running.finish();
};

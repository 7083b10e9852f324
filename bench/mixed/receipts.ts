import { verifyReceipt } from 'crank-verify';
import type { BenchNode } from '../node.ts';
import type { Sender } from './send.ts';

const AT_ONCE = 8;

/** Verifies receipts as a client would. @param receipts path, and the bytes answered where the receipt commits to them. @returns what does not hold */
export const verifyAll = async (
  node: BenchNode,
  client: Sender,
  receipts: ReadonlyMap<string, Buffer | undefined>,
): Promise<string[]> => {
  const vkeys = [(await client.get('/log/vkey', {})).body.toString().trim()];
  const wrong: string[] = [];
  const entries = receipts.entries();
  const worker = async (): Promise<void> => {
    for (const [path, output] of entries) {
      const { status, body } = await client.get(path, node.headers);
      try {
        if (status !== 200) throw new Error(`${status} ${body.toString().slice(0, 200)}`);
        await verifyReceipt(body, { vkeys, ...(output && { output }) });
      } catch (error) {
        wrong.push(`${path}: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return wrong;
};

import type { BenchNode } from '../node.ts';

export interface Ended {
  status: number;
  /** Of the problem, where it is one. */
  code: string;
  detail: string;
  body: Uint8Array;
  ms: number;
}

export type Ask = (
  operation: string,
  name: string,
  bytes: Uint8Array,
  fields: Readonly<Record<string, string>>,
) => Promise<Ended>;

/** Waits until the node has deployed CrankDoc. */
export const asked = async (node: BenchNode): Promise<Ask> => {
  const at = `${node.url}/v1/services/doc`;
  for (const until = Date.now() + 120_000; ; ) {
    if ((await fetch(at, { headers: node.headers })).ok) break;
    if (Date.now() > until) throw new Error(`CrankDoc is not there after two minutes: ${node.said()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return async (operation, name, bytes, fields) => {
    const form = new FormData();
    form.append('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
    for (const [field, value] of Object.entries(fields)) form.append(field, value);
    const started = performance.now();
    const answer = await fetch(`${at}/${operation}`, { method: 'POST', headers: node.headers, body: form });
    const body = new Uint8Array(await answer.arrayBuffer());
    const ms = performance.now() - started;
    if (answer.ok) return { status: answer.status, code: '', detail: '', body, ms };
    const { code = '', detail = '' } = JSON.parse(Buffer.from(body).toString()) as { code?: string; detail?: string };
    return { status: answer.status, code, detail, body, ms };
  };
};

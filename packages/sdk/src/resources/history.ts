import { type Api, allPages, type Query } from '../api.ts';
import type { CallResult } from '../call-result.ts';
import type { Caller } from '../caller.ts';
import { CrankJob } from '../job.ts';
import type { Transport } from '../transport.ts';
import type { Expected, Trust } from '../trust.ts';

/** What was called. */
export const callsOf = (api: Api) => ({
  list: (query: Query<'listCalls'> = {}) => api('listCalls', { query }),
  all: (query: Omit<Query<'listCalls'>, 'cursor'> = {}) =>
    allPages('calls', (cursor) => api('listCalls', { query: { ...query, cursor } })),
  /** What a call printed, took and cost. */
  get: (id: string) => api('getCall', { path: { id } }),
});

/** Calls that outlive their request. */
export const jobsOf = (api: Api, transport: Transport) => ({
  list: (query: Query<'listJobs'> = {}) => api('listJobs', { query }),
  all: (query: Omit<Query<'listJobs'>, 'cursor'> = {}) =>
    allPages('jobs', (cursor) => api('listJobs', { query: { ...query, cursor } })),
  get: (id: string) => api('getJob', { path: { id } }),
  /** To follow and end one of which the id is known. */
  of: <T = unknown>(id: string): CrankJob<T> => new CrankJob<T>(transport, id),
});

export const receiptsOf = (api: Api, transport: Transport, caller: Caller) => ({
  list: (query: Query<'listReceipts'> = {}) => api('listReceipts', { query }),
  all: (query: Omit<Query<'listReceipts'>, 'cursor'> = {}) =>
    allPages('receipts', (cursor) => api('listReceipts', { query: { ...query, cursor } })),
  /** The receipt file, byte for byte: to be kept, and verified without this node. */
  file: async (id: string): Promise<Uint8Array<ArrayBuffer>> => {
    const path = `/v1/receipts/${encodeURIComponent(id)}`;
    return new Uint8Array(await transport.send({ method: 'GET', path }, (response) => response.arrayBuffer()));
  },
  /** Fetches a receipt and holds it against what is trusted. @throws NotVerified */
  verify: (id: string, trust: Trust, expected?: Expected): Promise<NonNullable<CallResult['receipt']>> =>
    caller.verify(trust, id, expected),
  /** Receipts of a period as a tar archive, with what proves them. */
  export: (query: Query<'exportReceipts'> = {}) => api('exportReceipts', { query }),
  /** Runs a call again on the input that was kept, and compares. */
  replay: (id: string) => api('replayReceipt', { path: { id } }),
  /** Destroys what is kept of a subject's data; receipts stay, and verify. */
  erase: (subject: string) => api('erase', { body: { subject } }),
});

/** The transparency log, and who watches it. */
export const logOf = (api: Api) => ({
  checkpoint: () => api('logCheckpoint'),
  /** The log's verifier key. Compare it with one from elsewhere before you trust it. */
  vkey: async () => (await api('logKey')).trim(),
  vkeys: async () => (await api('logKeys')).trim().split('\n'),
  handovers: () => api('logHandovers'),
  witnessed: () => api('logWitnessed'),
  rotateKey: () => api('rotateLogKey'),
  witnesses: () => api('listWitnesses'),
});

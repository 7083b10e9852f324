import type { ServerResponse } from 'node:http';
import { CrankError } from '#src/core/error.ts';
import type { Progress } from '#src/core/progress.ts';
import type { QuotaLeft } from '#src/core/quota.ts';
import type { TraceContext } from '#src/core/trace-context.ts';
import type { StreamSink } from '#src/platform/call.ts';
import type { CallAnswer } from '#src/platform/call-answer.ts';
import { itemEvent, itemLine } from '#src/platform/item-line.ts';
import { callHeaders, serverTiming } from './answer-headers.ts';

/** A client that takes nothing for this long has left. */
const STALLED_MS = 60_000;

/**
 * A streamed answer: items as lines of NDJSON, or as server-sent events, which may have events `progress` with
 * `{"fraction", "message"}` between them. The last frame tells how the call ended:
 * `{"$crank":{"call","receipt","outcome","items","error"?}}`, or an event `receipt` with the same object as data.
 */
export interface CallStream extends StreamSink {
  /** Writes the last frame and ends. */
  finish(answer: CallAnswer): void;
  /** Ends where no receipt could be had. @param problem of the error */
  fail(call: string, problem: Uint8Array): void;
}

export const openCallStream = (
  raw: ServerResponse,
  call: { id: string; version: string; quotas: readonly QuotaLeft[]; trace?: TraceContext },
  events: boolean,
): CallStream => {
  const trailing = raw.req.httpVersion !== '1.0';
  raw.writeHead(200, {
    ...callHeaders(call),
    'content-type': events ? 'text/event-stream' : 'application/x-ndjson',
    'x-accel-buffering': 'no',
    ...(trailing && { trailer: 'server-timing' }),
  });
  raw.flushHeaders();
  let items = 0;
  const end = (frame: string): void => {
    raw.end(events ? `event: receipt\ndata: ${frame}\n\n` : `{"$crank":${frame}}\n`);
  };
  return {
    encode: (json) => {
      items += 1;
      return events ? itemEvent(json) : itemLine(json);
    },
    write: (bytes) => write(raw, bytes),
    finish: ({ id, timing, answer }) => {
      const error = answer.type === 'error' || answer.type === 'stream' ? answer.error : undefined;
      const problem = answer.type === 'error' || answer.type === 'stream' ? answer.problem : undefined;
      const frame = JSON.stringify({ call: id, receipt: `/v1/receipts/${id}`, outcome: error?.code ?? 'ok', items });
      if (trailing) raw.addTrailers({ 'server-timing': serverTiming(timing) });
      end(problem === undefined ? frame : `${frame.slice(0, -1)},"error":${Buffer.from(problem).toString()}}`);
    },
    fail: (id, problem) => {
      const frame = JSON.stringify({ call: id, outcome: 'internal', items });
      end(`${frame.slice(0, -1)},"error":${Buffer.from(problem).toString()}}`);
    },
  };
};

/** How far a call is, in a stream of server-sent events. Lines of NDJSON have no place for it: each of them is an item. */
export const progressEvent = ({ fraction, message }: Progress): Uint8Array =>
  Buffer.from(`event: progress\ndata: ${JSON.stringify({ fraction, message })}\n\n`);

/** Resolves once the client takes more. @throws CrankError `cancelled` where it is gone or takes nothing */
const write = (raw: ServerResponse, bytes: Uint8Array): Promise<void> => {
  if (raw.destroyed || raw.writableEnded) return Promise.reject(gone());
  if (raw.write(bytes)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      raw.off('drain', onDrain).off('close', onClose);
    };
    const onDrain = (): void => {
      done();
      resolve();
    };
    const onClose = (): void => {
      done();
      reject(gone());
    };
    const timer = setTimeout(() => raw.destroy(), STALLED_MS);
    raw.on('drain', onDrain).on('close', onClose);
  });
};

const gone = (): CrankError => new CrankError('cancelled', 'The caller went away in the middle of the stream.');

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CrankError, catalogue, type ErrorCode } from '#src/core/error.ts';
import { problemOf } from '#src/core/problem.ts';
import { problemHeaders } from './problem.ts';

/** Answers what Node's parser could not read as HTTP, or what did not come in time, and hangs up. @returns how, where it was answered */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Socket): ErrorCode | undefined => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  // Where an answer has begun already, more bytes would only be taken for its body.
  const { _httpMessage: answering } = socket as Socket & { _httpMessage?: { headersSent: boolean } | null };
  if (answering?.headersSent === true) {
    socket.destroy();
    return undefined;
  }
  const problem = explain(error.code);
  hangUp(socket, problem);
  return problem.code;
};

/** Answers CONNECT, which a server that is no proxy does not do. */
export const answerConnect = (_request: IncomingMessage, socket: Duplex): void =>
  hangUp(socket, new CrankError('method-not-allowed', 'This node is no proxy: it does not CONNECT.'));

/** Answers an `Expect` other than `100-continue`. */
export const answerExpectation = (_request: IncomingMessage, response: ServerResponse): void => {
  const error = new CrankError('malformed-request', 'The Expect header asks for what there is not: leave it out.');
  response
    .writeHead(400, { ...problemHeaders(error), connection: 'close' })
    .end(JSON.stringify(problemOf(error, false)));
};

const hangUp = (socket: Duplex, problem: CrankError): void => {
  const body = JSON.stringify(problemOf(problem, false));
  const { status } = catalogue[problem.code];
  const headers = { ...problemHeaders(problem), connection: 'close', 'content-length': Buffer.byteLength(body) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`, () => socket.destroy());
};

const explain = (code: string | undefined): CrankError => {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new CrankError(
        'malformed-request',
        'The request did not arrive whole in time: send it faster, or less at once.',
      );
    case 'HPE_HEADER_OVERFLOW':
      return new CrankError(
        'too-large',
        'The head of the request has more than 16 KiB: send smaller headers or a shorter path.',
      );
    default:
      return new CrankError('malformed-request', 'This is not HTTP/1.1 as RFC 9112 has it: check the client.');
  }
};

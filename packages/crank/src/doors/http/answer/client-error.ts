import type { Socket } from 'node:net';
import { CrankError, catalogue } from '#src/core/error.ts';
import { problemOf } from '#src/core/problem.ts';
import { PROBLEM } from './problem.ts';

/** Answers what Node's parser could not read as HTTP, or what did not come in time, and hangs up. */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = explain(error.code);
  const body = JSON.stringify(problemOf(problem, false));
  const { status } = catalogue[problem.code];
  const head = [
    `HTTP/1.1 ${status} ${status === 413 ? 'Content Too Large' : 'Bad Request'}`,
    'Connection: close',
    `Content-Type: ${PROBLEM}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
  ];
  // Where an answer has begun already, more bytes would only be taken for its body.
  const { bytesWritten, _httpMessage: answering } = socket as Socket & {
    _httpMessage?: { headersSent: boolean } | null;
  };
  if (bytesWritten > 0 && answering?.headersSent === true) socket.destroy();
  else socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
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

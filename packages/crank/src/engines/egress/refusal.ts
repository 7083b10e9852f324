/** Why the proxy does not do what it was asked: leaves as an HTTP answer with this status. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(status: number, why: string) {
    super(why);
    this.status = status;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  502: 'Bad Gateway',
  504: 'Gateway Timeout',
};

/** The answer as bytes. The text also stands in the reason phrase: of a refused CONNECT, clients show nothing else. */
export const refusalAnswer = ({ status, message }: Refusal): Buffer => {
  const text = message.replace(/[^\x20-\x7e]/g, '?');
  const body = `${text}\n`;
  return Buffer.from(
    [
      `HTTP/1.1 ${status} ${status === 407 ? REASONS[407] : text}`,
      ...(status === 407 ? ['Proxy-Authenticate: Basic realm="crank"'] : []),
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
    'latin1',
  );
};

import { connect, type Socket } from 'node:net';
import { Refusal } from './refusal.ts';

const MOST_TRIED = 4;

/**
 * Connects to the first of these addresses that answers; nothing is resolved here. `add` is told each socket at once.
 *
 * @throws Refusal 502, 504
 */
export const connectTo = async (
  addresses: readonly string[],
  port: number,
  ms: number,
  add: (socket: Socket) => void,
): Promise<Socket> => {
  let why = new Refusal(502, 'It has no address.');
  const tried = addresses.slice(0, MOST_TRIED);
  for (const address of tried) {
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    add(socket);
    const outcome = await begin(socket, ms / tried.length);
    if (outcome === undefined) return socket;
    why = outcome;
  }
  throw why;
};

const begin = (socket: Socket, ms: number): Promise<Refusal | undefined> =>
  new Promise((settle) => {
    const timer = setTimeout(() => {
      socket.destroy();
      settle(new Refusal(504, 'The destination does not answer.'));
    }, ms);
    const done = (outcome: Refusal | undefined): void => {
      clearTimeout(timer);
      settle(outcome);
    };
    socket.once('connect', () => done(undefined));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      done(new Refusal(502, `The destination cannot be reached (${error.code ?? 'unknown'}).`)),
    );
    socket.once('close', () => done(new Refusal(502, 'The connection was ended.')));
  });

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// Takes what a node sends to a collector, and throws it away. Says its port, and when asked how many bytes came.

let bytes = 0;
const server = createServer((incoming, response) => {
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  incoming.on('end', () => response.end('{}'));
}).listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
process.on('message', () => process.send!(bytes));

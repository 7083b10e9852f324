import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const backend = fileURLToPath(new URL('./backend.py', import.meta.url));

/** A package index (PEP 503) on this machine, of source distributions that attack. */
export interface HostileIndex {
  port: number;
  /** Adds a package. @returns what a lock says of it */
  add(name: string, told: Record<string, unknown>): string;
  close(): void;
}

export const openIndex = async (folder: string): Promise<HostileIndex> => {
  const packages = new Map<string, { file: string; bytes: Buffer; hash: string }>();
  const server = createServer((request, response) => {
    const [, place, name = ''] = (request.url ?? '').split('/');
    const found = packages.get(name);
    if (found === undefined) response.writeHead(404).end();
    else if (place === 'simple')
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(`<a href="/files/${name}/${found.file}#sha256=${found.hash}">${found.file}</a>`);
    else response.end(found.bytes);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    add: (name, told) => {
      const root = `${name}-1.0`;
      const home = join(folder, root);
      mkdirSync(home, { recursive: true });
      const write = (file: string, text: string): void => writeFileSync(join(home, file), text);
      write('PKG-INFO', `Metadata-Version: 2.2\nName: ${name}\nVersion: 1.0\n`);
      write('pyproject.toml', '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n');
      write('told.json', JSON.stringify({ name, ...told }));
      copyFileSync(backend, join(home, 'backend.py'));
      const file = `${root}.tar.gz`;
      execFileSync('tar', ['czf', join(folder, file), '-C', folder, root]);
      const bytes = readFileSync(join(folder, file));
      const hash = createHash('sha256').update(bytes).digest('hex');
      packages.set(name, { file, bytes, hash });
      return `${name}==1.0 \\\n    --hash=sha256:${hash}`;
    },
    close: () => server.close(),
  };
};

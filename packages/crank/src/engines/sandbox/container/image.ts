import { readlinkSync } from 'node:fs';
import { sha256 } from '#src/core/digest.ts';
import { type Engine, runEngine } from './engine.ts';

/** Where the host's folders and ours are bound; and what engines put into every container. */
const folders = [
  'proc',
  'dev',
  'tmp',
  'usr',
  'etc',
  'code',
  'libs',
  'runtime',
  'calls',
  'channels',
  'run',
  'var',
  'var/tmp',
];
const linked = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'];

/**
 * An image with nothing in it but folders to bind to and the host's links into /usr: the interpreter and its libraries are
 * the host's own, bound read-only, so that no registry is needed. Made once; named by its content.
 *
 * @returns its name
 */
export const ensureBaseImage = async (engine: Engine): Promise<string> => {
  const tar = baseTar();
  const name = `crank-base:${sha256(tar).toString('hex').slice(0, 24)}`;
  try {
    await runEngine(engine, ['image', 'inspect', '--format', '{{.Id}}', name]);
  } catch {
    await runEngine(engine, ['import', '-', name], tar);
  }
  return name;
};

const baseTar = (): Buffer => {
  // Podman gives a tmpfs the mode of the folder beneath it.
  const parts = folders.map((name) => entry(`${name}/`, '5', name === 'tmp' ? 0o1777 : 0o755));
  // Closed: engines mount the machine's /sys or a stand-in there, which nobody inside needs.
  parts.push(entry('sys/', '5', 0o700));
  for (const name of linked) {
    let target: string;
    try {
      target = readlinkSync(`/${name}`);
    } catch {
      continue; // not there, or a folder, which is bound
    }
    parts.push(entry(name, '2', 0o777, target.replace(/^\//, '')));
  }
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
};

/** A header of a tar archive (POSIX.1-1988 ustar) for what has no content: 5 a folder, 2 a link. */
const entry = (name: string, type: '2' | '5', mode: number, target = ''): Buffer => {
  const header = Buffer.alloc(512);
  header.write(name, 0, 'latin1');
  header.write(mode.toString(8).padStart(7, '0'), 100, 'latin1');
  for (const at of [108, 116]) header.write('0000000', at, 'latin1'); // owner and group: root
  for (const at of [124, 136]) header.write('00000000000', at, 'latin1'); // size, time
  header.fill(' ', 148, 156);
  header.write(type, 156, 'latin1');
  header.write(target, 157, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
};

import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { imports, mentions } from './floors/imports.ts';
import { type Room, roomOf, roomOfPackage, rooms } from './floors/rooms.ts';
import { root, sources } from './repository.ts';

/** A source file: path from the repository's root, with `/`. */
export interface Source {
  path: string;
  text: string;
}

/** Files that are copied into sandboxes. */
const inside = /^packages\/crank\/src\/engines\/sandbox\/runtime\//;
const globals = ['Buffer', 'process'];

/** What one file imports against its room's rule; each fault is a line for people, `path:line: what`. */
const fileFaults = ({ path, text }: Source): string[] => {
  const room = roomOf(path);
  if (room === undefined) return [`${path}:1: stands in no room of tools/floors/rooms.ts`];
  const rule = rooms[room.name]!;
  const faults: string[] = [];
  const fault = (line: number, what: string) => faults.push(`${path}:${line}: ${what}`);
  for (const { line, specifier } of imports(path, text)) {
    const target = targetOf(path, specifier);
    if (inside.test(path) && (specifier === null || /^[.#]/.test(specifier))) {
      // It imports the user's module, and finds none of ours but those beside it.
      if (specifier?.startsWith('./') === false) fault(line, `runs in sandboxes, where there is no ${specifier}`);
    } else if (specifier === null) fault(line, 'imports what only runs can tell: name the module as a literal');
    else if (target === undefined) fault(line, `imports ${specifier}, which stands outside every package's src`);
    else if (target.kind === 'node') {
      if (rule.node !== true && !rule.node.includes(target.name))
        fault(line, `${room.name} may not import ${specifier}`);
    } else if (target.kind === 'npm') {
      if (!rule.npm) fault(line, `${room.name} may not import packages from npm (${specifier})`);
    } else if (target.room.name !== room.name || target.room.part !== room.part) {
      const within = target.room.name === room.name;
      if (within) fault(line, `${room.name}/${room.part} may not import its neighbour ${specifier}`);
      else if (!rule.floors.includes(target.room.name))
        fault(line, `${room.name} may not import ${target.room.name} (${specifier})`);
    }
  }
  for (const { line, name } of rule.pure ? mentions(path, text, globals) : []) {
    if (rule.pure!.includes(name)) fault(line, `${room.name} may not use ${name}`);
  }
  return faults;
};

type Target = { kind: 'node'; name: string } | { kind: 'npm'; name: string } | { kind: 'room'; room: Room };

/** What a specifier points at; undefined for a file that is nobody's source. */
const targetOf = (from: string, specifier: string | null): Target | undefined => {
  if (specifier === null) return undefined;
  if (specifier.startsWith('node:')) return { kind: 'node', name: specifier };
  let path: string | undefined;
  if (specifier.startsWith('#src/')) path = `${from.split('/src/')[0]}/${specifier.slice(1)}`;
  else if (specifier.startsWith('.')) path = relative('/', resolve('/', from, '..', specifier));
  if (path === undefined) {
    const room = roomOfPackage(specifier);
    return room === undefined ? { kind: 'npm', name: specifier } : { kind: 'room', room };
  }
  // Another package is imported by its name, so that what it publishes is what we use.
  if (path.split('/')[1] !== from.split('/')[1]) return undefined;
  if (path === `packages/${from.split('/')[1]}/package.json`) return { kind: 'npm', name: path };
  const room = roomOf(path);
  return room === undefined ? undefined : { kind: 'room', room };
};

/**
 * Checks imports against the table of rooms.
 *
 * @throws Error when there is nothing to check: a check that read no file has not passed.
 */
export const floorFaults = (files: readonly Source[]): string[] => {
  if (files.length === 0) throw new Error('floors: no source file was read, so nothing was checked');
  return files.flatMap(fileFaults);
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = sources().map((path) => ({ path, text: readFileSync(resolve(root, path), 'utf8') }));
  const faults = floorFaults(files);
  for (const fault of faults) console.error(fault);
  console.log(`floors: ${files.length} files, ${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { projectFiles, root } from '../repository.ts';
import { fileFaults, registryHosts } from './file-faults.ts';
import { stalePages, writePages } from './generated-docs.ts';
import { deadLinks } from './links.ts';
import { lockFaults } from './lock.ts';

// The checks that read the project's own files. usage: node tools/checks/project.ts [--write]
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8');
const files = projectFiles();
if (process.argv.includes('--write')) writePages();

const hosts = registryHosts(process.env);
const faults = [
  ...lockFaults(read('package-lock.json')),
  ...stalePages(),
  ...files
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => deadLinks(path, read(path), (goal) => existsSync(resolve(root, goal)), read)),
  ...files.flatMap((path) => {
    const bytes = readFileSync(resolve(root, path));
    return bytes.subarray(0, 8192).includes(0) ? [] : fileFaults(path, bytes.toString('utf8'), hosts);
  }),
];
for (const fault of faults) console.error(fault);
console.log(`project files: ${files.length} read, ${faults.length} faults`);
process.exitCode = faults.length === 0 && files.length > 0 ? 0 : 1;

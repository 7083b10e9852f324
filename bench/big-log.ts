import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCheckpoint, parseNote, verifyInclusion } from 'crank-verify';
import { signCheckpoint } from '../packages/crank/src/engines/audit/checkpoint.ts';
import { signerFrom } from '../packages/crank/src/engines/audit/keys.ts';
import { emptyFrontier, extend, type Frontier, leafHash } from '../packages/crank/src/engines/audit/merkle.ts';
import { consistencyProof, inclusionProof } from '../packages/crank/src/engines/audit/proof.ts';
import { openTileFiles } from '../packages/crank/src/engines/audit/tile-files.ts';
import { openTiles } from '../packages/crank/src/engines/audit/tiles.ts';
import { readEntries } from '../packages/crank/src/store/log-store.ts';
import { openSqliteFile } from '../packages/crank/src/store/sqlite-file.ts';
import { openStore } from '../packages/crank/src/store/store.ts';
import { percentile } from './load.ts';
import { machine } from './machine.ts';

// `npm run bench -- big-log [ENTRIES]`: how long a log of ENTRIES (10 million) made-up entries takes to open, as a node does at
// its start, and to prove one of them, from the database and the tile files. Takes some minutes and 2 GB on disk.

const ENTRIES = Number(process.argv[2] ?? 10_000_000);
const ORIGIN = 'big.bench/log';
const STEP = 50_000;
const home = mkdtempSync(join(tmpdir(), 'crank-big-log-'));
const signer = signerFrom(ORIGIN, Buffer.alloc(32, 1));
const entryOf = (n: number): Buffer => createHash('sha256').update(String(n)).digest();

try {
  console.log(`${machine()}\n`);
  const file = join(home, 'crank.db');
  await (await openStore({ sqlite: file })).close();
  const raw = openSqliteFile(file, { checkpointAfter: 10_000 });
  raw.exec('pragma synchronous = off');
  const insert = raw.prepare('insert into log_entries (log, idx, entry) values (?, ?, ?)');
  let frontier: Frontier = emptyFrontier;
  while (frontier.size < ENTRIES) {
    const entries = Array.from({ length: Math.min(STEP, ENTRIES - frontier.size) }, (_, at) =>
      entryOf(frontier.size + at),
    );
    raw.exec('begin');
    for (const [at, entry] of entries.entries()) insert.run(ORIGIN, frontier.size + at, entry);
    raw.exec('commit');
    frontier = extend(frontier, entries);
    if (frontier.size % 1_000_000 === 0) console.error(`${frontier.size} entries`);
  }
  raw.close();
  const checkpoint = signCheckpoint(signer, frontier);
  const { root } = parseCheckpoint(parseNote(checkpoint).text);

  const store = await openStore({ sqlite: file });
  const source = { read: (from: number, to: number) => readEntries(store.db, ORIGIN, from, to) };
  const folder = join(home, 'log');
  let start = performance.now();
  await openTiles(await openTileFiles(folder), source, checkpoint);
  console.error(`tiles written in ${((performance.now() - start) / 1000).toFixed(0)} s`);

  const opened: number[] = [];
  let tiles = await openTiles(await openTileFiles(folder), source, checkpoint);
  for (let n = 0; n < 20; n++) {
    start = performance.now();
    tiles = await openTiles(await openTileFiles(folder), source, checkpoint);
    opened.push(performance.now() - start);
  }
  const proved: number[] = [];
  const consistent: number[] = [];
  for (let n = 0; n < 2_000; n++) {
    const index = Math.floor((n * 7_919_317) % ENTRIES);
    start = performance.now();
    const hashes = await inclusionProof(tiles.read, index, ENTRIES);
    proved.push(performance.now() - start);
    const leaf = leafHash(entryOf(index));
    if (!(await verifyInclusion(hashes, { index, size: ENTRIES, leaf, root })))
      throw new Error(`entry ${index} is not proven`);
    start = performance.now();
    await consistencyProof(tiles.read, index + 1, ENTRIES);
    consistent.push(performance.now() - start);
  }
  const show = (what: string, values: number[], must: number): void => {
    const sorted = values.toSorted((a, b) => a - b);
    const [p50, p99] = [percentile(sorted, 0.5), percentile(sorted, 0.99)];
    const holds = p99 < must ? 'holds' : 'falls short';
    console.log(
      `${what}: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, longest ${Math.max(...values).toFixed(2)} ms (must be < ${must} ms: ${holds})`,
    );
  };
  console.log(`${ENTRIES} entries, synthetic`);
  show('open', opened, 1_000);
  show('inclusion proof', proved, 5);
  show('consistency proof', consistent, 5);
  await store.close();
} finally {
  rmSync(home, { recursive: true, force: true });
}

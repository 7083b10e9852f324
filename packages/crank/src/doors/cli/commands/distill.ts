import { fileURLToPath } from 'node:url';
import { CrankError } from '#src/core/error.ts';
import type { JobInfo } from '#src/platform/jobs/job-view.ts';
import {
  type DistilConfig,
  type Report,
  teacherDestination,
  trainerManifest,
  WORKSPACE,
} from '#src/platform/trainer.ts';
import { NodeError } from '../client.ts';
import type { Command, Context, Options } from '../command.ts';
import { many, one } from '../command.ts';
import { followJob } from '../follow-job.ts';
import { readTexts } from '../read-texts.ts';
import { readTree } from '../read-tree.ts';
import { short } from '../table.ts';

/** What a distiller's version is made of: the same files that are tested and measured here. */
const ENGINE = fileURLToPath(new URL('../../../engines/distill', import.meta.url));
const QUOTA_BYTES = 256 * 2 ** 20;

interface Deployed {
  name: string;
  version: string;
  receipt: string | null;
}

export const distill: Command = {
  name: 'distill',
  summary:
    'make a service that tells texts apart: a large model labels some, within a budget, a small one learns from that',
  args: [['<name>', 'of the service']],
  options: [
    { flags: '--texts <path>', help: '.csv, .tsv or .jsonl file, or a folder of texts' },
    { flags: '--label <name=description>', help: 'one label, with what it means; at least two', repeat: true },
    { flags: '--about <text>', help: 'what the texts are, for whoever labels' },
    {
      flags: '--teacher <url>',
      help: "chat endpoint up to its version: 'https://api.openai.com/v1'; without: labels of persons",
    },
    { flags: '--api <dialect>', help: 'openai (default; also Ollama, vLLM, llama.cpp) or anthropic' },
    { flags: '--model <name>', help: 'of the teacher' },
    { flags: '--secret <name>', help: "secret of the account that is the teacher's key" },
    {
      flags: '--price <in/out>',
      help: 'US dollars for a million tokens, such as 0.15/0.60; 0/0 for a model of your own',
    },
    { flags: '--budget <usd>', help: 'what labels may cost in all; 1 otherwise' },
    { flags: '--most <count>', help: 'labels that are asked for at most; 500 otherwise' },
    { flags: '--batch <count>', help: 'texts in one question; 10 otherwise' },
    {
      flags: '--target <share>',
      help: 'right answers among those that are given, such as 0.95 (default): below, none is given',
    },
    { flags: '--split <kind>', help: 'what is held out: random (default) or time (the newest)' },
    { flags: '--column <name>', help: 'column of texts; text otherwise' },
    { flags: '--label-column <name>', help: "column of persons' labels; label otherwise" },
    { flags: '--time-column <name>', help: 'column of times; time otherwise' },
    { flags: '--group-column <name>', help: 'column that figures are told apart by; group otherwise' },
    { flags: '--seed <number>', help: 'another draw; 1 otherwise' },
    { flags: '--grant', help: 'by a policy for the trainer alone: let it reach the teacher and keep what is answered' },
    { flags: '--canary <share>', help: 'give the new version a share of the calls first, such as 10%' },
  ],
  run: async (context, [name], options) => {
    const path = one(options, 'texts');
    if (path === undefined) throw wrong('Say where the texts are: --texts FILE.');
    const config = configOf(name!, options);
    const texts = await readTexts(path, {
      text: one(options, 'column') ?? 'text',
      label: one(options, 'labelColumn') ?? 'label',
      time: one(options, 'timeColumn') ?? 'time',
      group: one(options, 'groupColumn') ?? 'group',
    });
    const trainer = await deployTrainer(context, `${name}-trainer`, config, one(options, 'secret'));
    if (config.teacher) {
      await demandWorkspace(context);
      if (options['grant'] === true) await grant(context, trainer.name, teacherDestination(config.teacher));
    }
    const job = await startRun(context, trainer, texts.map((one) => JSON.stringify(one)).join('\n'));
    context.progress(`${texts.length} texts; job ${job.id}`);
    const ended = await followJob(context, job.id);
    const answer = await context.client.send(`/v1/jobs/${encodeURIComponent(ended.id)}/result`, {
      signal: context.signal,
    });
    const made = (await answer.json()) as { report: Report; files: Record<string, string> };
    const lineage = { trainedBy: `${trainer.name}@${trainer.version}`, call: ended.id, receipt: ended.receipt };
    const student = await deployStudent(context, name!, made.files, lineage, one(options, 'canary'));
    context.print({ ...student, lineage, report: made.report }, () => tell(student, ended, made.report));
  },
};

const wrong = (message: string): CrankError => new CrankError('invalid-input', message);

const numberOf = (options: Options, name: string, otherwise: number, least: number, most: number): number => {
  const text = one(options, name);
  const value = text === undefined ? otherwise : Number(text);
  if (!(value >= least && value <= most)) throw wrong(`--${name} is a number from ${least} to ${most}, not "${text}".`);
  return value;
};

/** What the trainer's version is told. @throws CrankError `invalid-input` */
const configOf = (name: string, options: Options): DistilConfig => {
  const labels = many(options, 'label').map((text) => {
    const at = text.indexOf('=');
    return at < 0 ? { name: text } : { name: text.slice(0, at), description: text.slice(at + 1) };
  });
  if (labels.length < 2 || labels.length > 64 || new Set(labels.map((label) => label.name)).size !== labels.length)
    throw wrong('Give 2 to 64 labels, each once: --label spam="advertising" --label ham.');
  const split = one(options, 'split') ?? 'random';
  if (split !== 'random' && split !== 'time') throw wrong(`--split is random or time, not "${split}".`);
  const about = one(options, 'about');
  const teacher = teacherOf(options);
  return {
    labels,
    ...(about !== undefined && { about }),
    ...(teacher && { teacher }),
    budget: { name, microUsd: Math.floor(numberOf(options, 'budget', 1, 0, 100_000) * 1e6) },
    most: Math.floor(numberOf(options, 'most', 500, 30, 900)),
    target: numberOf(options, 'target', 0.95, 0.5, 1),
    seed: Math.floor(numberOf(options, 'seed', 1, 0, 2 ** 31)),
    split,
  };
};

const teacherOf = (options: Options): DistilConfig['teacher'] => {
  const url = one(options, 'teacher');
  if (url === undefined) return undefined;
  const api = one(options, 'api') ?? 'openai';
  if (api !== 'openai' && api !== 'anthropic') throw wrong(`--api is openai or anthropic, not "${api}".`);
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw wrong(`"${url}" is no address of a teacher: --teacher https://HOST/v1.`);
  const model = one(options, 'model');
  if (model === undefined) throw wrong('Say which model teaches: --model NAME.');
  const price = /^(\d+(?:\.\d+)?)\/(\d+(?:\.\d+)?)$/.exec(one(options, 'price') ?? '');
  if (price === null)
    throw wrong(
      'Say what the teacher costs, in US dollars for a million tokens in and out: --price 0.15/0.60, or 0/0.',
    );
  return {
    ...{ api, url, model, hasKey: one(options, 'secret') !== undefined },
    prices: { input: Number(price[1]), output: Number(price[2]) },
    batch: Math.floor(numberOf(options, 'batch', 10, 1, 50)),
  };
};

/** The trainer is a service like any other: what it may reach and which secret it has stands in its manifest, and policy decides. */
const deployTrainer = async (
  context: Context,
  name: string,
  config: DistilConfig,
  secret: string | undefined,
): Promise<Deployed> => {
  const form = new FormData();
  form.append('name', name);
  for (const { path, bytes } of await readTree(ENGINE)) form.append('file', new Blob([new Uint8Array(bytes)]), path);
  form.append('file', new Blob([JSON.stringify(config)]), 'distil.json');
  form.append('file', new Blob(['{"type":"module","private":true}']), 'package.json');
  form.append('manifest', JSON.stringify(trainerManifest(config, secret)));
  context.progress(`deploying ${name} ...`);
  return context.client.json<Deployed>('/v1/services', { method: 'POST', body: form, signal: context.signal });
};

const demandWorkspace = async (context: Context): Promise<void> => {
  try {
    await context.client.json('/v1/workspaces', { method: 'POST', json: { name: WORKSPACE, quotaBytes: QUOTA_BYTES } });
  } catch (error) {
    if (!(error instanceof NodeError) || error.code !== 'version-conflict') throw error; // it is there
  }
};

/** What the trainer asks for is granted to it alone: two bundles in its own layer. */
const grant = async (context: Context, service: string, destination: string): Promise<void> => {
  const granted = { egress: destination, workspaces: `${WORKSPACE}:write` };
  for (const [name, what] of Object.entries(granted)) {
    const text = `package crank.${name}\n\nallow contains ${JSON.stringify(what)}\n`;
    await context.client.json('/v1/policies', {
      method: 'POST',
      json: { layer: `service:${service}`, files: [{ path: `${name}.rego`, text }] },
    });
  }
};

const startRun = async (context: Context, { name, version }: Deployed, texts: string): Promise<JobInfo> => {
  const form = new FormData();
  form.append('texts', new Blob([texts]), 'texts.jsonl');
  const response = await context.client.send(`/v1/services/${name}/run`, {
    ...{ method: 'POST', body: form, signal: context.signal, query: { version } },
    headers: { prefer: 'respond-async' },
  });
  return (await response.json()) as JobInfo;
};

const deployStudent = async (
  context: Context,
  name: string,
  files: Readonly<Record<string, string>>,
  lineage: object,
  canary: string | undefined,
): Promise<Deployed> => {
  const form = new FormData();
  form.append('name', name);
  for (const [path, base64] of Object.entries(files))
    form.append('file', new Blob([Buffer.from(base64, 'base64')]), path);
  form.append('file', new Blob([`${JSON.stringify(lineage, null, 2)}\n`]), 'lineage.json');
  form.append('file', new Blob(['{"type":"module","private":true}']), 'package.json');
  form.append('manifest', JSON.stringify({ entry: 'main.ts' }));
  if (canary !== undefined) form.append('canary', canary);
  return context.client.json<Deployed>('/v1/services', { method: 'POST', body: form, signal: context.signal });
};

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

const tell = (
  { name, version }: Deployed,
  job: JobInfo,
  { labels, test, baselines, texts, cost, person, abstain }: Report,
): string =>
  [
    `${name} @${short(version)} tells ${test.classes.map(({ label }) => label).join(', ')}: crank call ${name}.classify -a text=...`,
    `  ${percent(test.accuracy)} right (95%: ${percent(test.intervals.accuracy[0])} to ${percent(test.intervals.accuracy[1])}), macro-F1 ${test.macroF1.toFixed(3)}, by ${labels.source === 'teacher' ? "the teacher's word" : 'persons'}, on ${test.texts} texts of the ${texts.split} split; naive Bayes ${percent(baselines.naiveBayes)}, most frequent label ${percent(baselines.majority)}`,
    ...(person
      ? [
          `  ${percent(person.student.accuracy)} right on ${person.texts} texts that a person labelled; the teacher ${person.teacher === undefined ? 'was not asked' : percent(person.teacher)}`,
        ]
      : []),
    `  below a confidence of ${abstain.threshold.toFixed(3)} it gives no label: on that test it answers ${percent(abstain.onTest.coverage)}, ${percent(abstain.onTest.accuracy)} of that rightly`,
    ...(labels.source === 'teacher'
      ? [
          `  ${labels.train + labels.validation + labels.test} labels for $${(cost.microUsd / 1e6).toFixed(4)}${cost.isExhausted ? ', the whole budget' : ''}; ${labels.suspects} doubted, ${labels.corrected} corrected, ${labels.dropped} dropped`,
        ]
      : []),
    `  card: crank call ${name}.card; trained by job ${job.id}, receipt ${job.receipt}`,
  ].join('\n');

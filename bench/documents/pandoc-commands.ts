import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ask } from './ask.ts';

/** Flags of pandoc, and their names in the options of `convert`. */
const FLAGS: Readonly<Record<string, string>> = {
  '-s': 'standalone', '--standalone': 'standalone', '--toc': 'toc', '--table-of-contents': 'toc', '-N': 'number_sections',
  '--number-sections': 'number_sections', '--ascii': 'ascii', '--reference-links': 'reference_links', '--section-divs': 'section_divs',
  '--citeproc': 'citeproc', '-C': 'citeproc', '--no-highlight': 'no_highlight', '-i': 'incremental', '--incremental': 'incremental',
  '--strip-comments': 'strip_comments', '-p': 'preserve_tabs', '--preserve-tabs': 'preserve_tabs',
}; // biome-ignore format: a table
const VALUES: Readonly<Record<string, string>> = {
  '--wrap': 'wrap', '--columns': 'columns', '--toc-depth': 'toc_depth', '--tab-stop': 'tab_stop', '--markdown-headings': 'markdown_headings',
  '--top-level-division': 'top_level_division', '--track-changes': 'track_changes', '--email-obfuscation': 'email_obfuscation',
  '--highlight-style': 'highlight_style', '--slide-level': 'slide_level', '--id-prefix': 'id_prefix', '--title-prefix': 'title_prefix',
  '--shift-heading-level-by': 'shift_headings', '--indented-code-classes': 'indented_code_classes',
  '--default-image-extension': 'default_image_extension',
}; // biome-ignore format: a table
const NUMBERS = new Set(['columns', 'toc_depth', 'tab_stop', 'slide_level', 'shift_headings']);
const MATH = ['--mathml', '--mathjax', '--katex', '--webtex', '--gladtex'];

interface Command {
  at: string;
  words: string[];
  input: string;
}

/** Blocks of a file of pandoc's `test/command`: `% pandoc ARGUMENTS`, the input up to `^D`, what is expected. */
const commandsOf = (file: string, text: string): Command[] =>
  [...text.matchAll(/^(`{3,})\n% pandoc(.*)\n([\s\S]*?)^\^D\n[\s\S]*?^\1$/gm)].map(([, , words, input], at) => ({
    at: `${file}#${at + 1}`,
    words: (words!.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []).map((word) => word.replace(/["']/g, '')),
    input: input!,
  }));

/** The arguments of `convert`; undefined where the command has what it has not. */
const argumentsOf = (words: readonly string[]) => {
  let from = 'markdown';
  let to = 'html';
  const markup: Record<string, unknown> = {};
  const metadata: Record<string, string> = {};
  const variables: Record<string, string> = {};
  const queue = words.flatMap((word) => {
    const long = /^(--[a-z-]+)=(.*)$/.exec(word);
    const short = /^(-[ftrwMV])(.+)$/.exec(word);
    return long ? [long[1]!, long[2]!] : short ? [short[1]!, short[2]!] : [word];
  });
  for (let word = queue.shift(); word !== undefined; word = queue.shift()) {
    const flag = FLAGS[word];
    const value = VALUES[word];
    if (flag !== undefined) markup[flag] = true;
    else if (value !== undefined) {
      const given = queue.shift()!;
      markup[value] = NUMBERS.has(value) ? Number(given) : given;
    } else if (MATH.includes(word)) markup['math'] = word.slice(2);
    else if (['-f', '-r', '--from', '--read'].includes(word)) from = queue.shift()!;
    else if (['-t', '-w', '--to', '--write'].includes(word)) to = queue.shift()!;
    else if (['-M', '--metadata', '-V', '--variable'].includes(word)) {
      const [name, said = 'true'] = queue.shift()!.split(/[=:](.*)/s) as [string, string?];
      (word.includes('M') || word.includes('meta') ? metadata : variables)[name] = said;
    } else return undefined;
  }
  const split = (text: string): [string, string[]] => [
    /^[a-z0-9_]+/.exec(text)?.[0] ?? text,
    text.match(/[+-][a-z0-9_]+/g) ?? [],
  ];
  const [source, fromExtensions] = split(from);
  const [target, toExtensions] = split(to);
  return {
    source,
    target: target === 'plain' ? 'text' : target,
    options: {
      markup: { ...markup, from_extensions: fromExtensions, to_extensions: toExtensions, metadata, variables },
    },
  };
};

const NATIVE = ['docx', 'odt', 'epub', 'epub2', 'epub3', 'pptx', 'pdf'];

/** Each command by the installed pandoc and through the service. What pandoc itself refuses has to be refused. */
export const pandocCommands = async (folder: string, files: readonly string[], ask: Ask) => {
  let same = 0;
  let left = 0;
  const missed: string[] = [];
  for (const file of files.filter((name) => name.endsWith('.md')))
    for (const { at, words, input } of commandsOf(file, readFileSync(join(folder, file), 'utf8'))) {
      const asked = argumentsOf(words);
      if (asked === undefined || NATIVE.includes(asked.target)) {
        left++;
        continue;
      }
      const local = spawnSync('pandoc', ['--sandbox', ...words], { input, cwd: '/', encoding: 'utf8' });
      const { source, target, options } = asked;
      const ended = await ask('convert', 'in.txt', Buffer.from(input), {
        source,
        to: target,
        options: JSON.stringify(options),
      });
      const got = ended.status === 200 ? Buffer.from(ended.body).toString() : undefined;
      if (local.status === 0 ? got === local.stdout : got === undefined) same++;
      else
        missed.push(
          `${at}: pandoc ${words.join(' ')}: ${got === undefined ? ended.detail.slice(0, 300) : 'another text'}`,
        );
    }
  return { same, missed, left };
};

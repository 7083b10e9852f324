import type { Ask } from './ask.ts';

/** Formats that one tool makes of one another; `seed` is where the samples come from. */
const GROUPS: readonly { title: string; seed: string; sources: string; targets: string }[] = [
  {
    title: 'Word processing (LibreOffice, pandoc)',
    seed: 'markdown',
    sources: 'docx doc odt fodt rtf html text',
    targets: 'docx doc odt fodt rtf html text pdf epub png svg',
  },
  {
    title: 'Spreadsheets (LibreOffice)',
    seed: 'csv',
    sources: 'xlsx xls ods fods csv',
    targets: 'xlsx xls ods fods csv pdf html text',
  },
  {
    title: 'Slides (pandoc, LibreOffice)',
    seed: 'markdown',
    sources: 'pptx ppt odp fodp',
    targets: 'pptx ppt odp fodp pdf png text',
  },
  {
    title: 'PDF (poppler)',
    seed: 'markdown',
    sources: 'pdf',
    targets: 'text html png jpeg tiff svg postscript eps webp markdown docx',
  },
  {
    title: 'Pictures (ImageMagick, tesseract)',
    seed: 'png',
    sources: 'png jpeg gif tiff bmp webp avif ppm pgm pbm ico tga pcx psd jp2',
    targets: 'png jpeg gif tiff bmp webp avif ppm pgm pbm ico tga pcx psd jp2 pdf text',
  },
  {
    title: 'Sound (FFmpeg)',
    seed: 'wav',
    sources: 'wav mp3 flac ogg opus m4a aac aiff',
    targets: 'wav mp3 flac ogg opus m4a aac aiff',
  },
  {
    title: 'Video (FFmpeg)',
    seed: 'gif',
    sources: 'mp4 mov mkv webm avi mpeg gif',
    targets: 'mp4 mov mkv webm avi mpeg gif png jpeg',
  },
];
const MARKUP = {
  sources:
    'biblatex bibtex commonmark commonmark_x csljson docbook dokuwiki fb2 gfm haddock html ipynb jats jira json latex man markdown markdown_github markdown_mmd markdown_phpextra markdown_strict mediawiki muse native opml org rst textile docx odt epub rtf csv',
  targets:
    'asciidoc beamer commonmark context docbook4 docbook5 docx dokuwiki dzslides epub fb2 gfm haddock html html4 icml ipynb jats jira json latex man markdown markua mediawiki ms muse native odt opendocument opml org pptx revealjs rst rtf s5 slideous slidy tei texinfo text textile xwiki zimwiki',
};
const TALK = '---\ntitle: Why\n---\n\n# Why\n\nBecause *it* works.\n\n# How\n\n- one\n- two\n';
const BIBLIOGRAPHY = '@book{a,\n  author = {Ann Author},\n  title = {A Title},\n  year = {2020}\n}\n';

/** A quarter of a second of a tone: RIFF, PCM, one channel, 8,000 samples a second of 16 bits. */
const tone = (): Uint8Array => {
  const samples = 2_000;
  const made = Buffer.alloc(44 + 2 * samples);
  made.write('RIFF', 0, 'latin1');
  made.writeUInt32LE(36 + 2 * samples, 4);
  made.write('WAVEfmt ', 8, 'latin1');
  for (const [at, value] of [
    [16, 16],
    [24, 8_000],
    [28, 16_000],
    [40, 2 * samples],
  ] as const)
    made.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    made.writeUInt16LE(value, at);
  made.write('data', 36, 'latin1');
  for (let at = 0; at < samples; at++) made.writeInt16LE(Math.round(8_000 * Math.sin(at / 3)), 44 + 2 * at);
  return made;
};

/** What stays what it is only by its name. */
const named: Readonly<Record<string, string>> = { text: 'txt', jpeg: 'jpg', markdown: 'md' };
const fileName = (format: string): string => `sample.${named[format] ?? format}`;

type Each = <T>(items: readonly T[], run: (item: T) => Promise<void>) => Promise<void>;

/** The page of what becomes what: each pair tried, and checked for being what it should by its bytes. */
export const matrix = async (ask: Ask, each: Each): Promise<string> => {
  const samples = new Map<string, Uint8Array>([
    ['markdown', Buffer.from(TALK)],
    ['csv', Buffer.from('name,number\na,1\nb,2\n')],
    ['wav', tone()],
    ...['bibtex', 'biblatex'].map((name) => [name, Buffer.from(BIBLIOGRAPHY)] as const),
  ]);
  const convert = async (source: string, target: string): Promise<Uint8Array | undefined> => {
    const sample = samples.get(source);
    if (sample === undefined) return undefined;
    const ended = await ask('convert', fileName(source), sample, { source, to: target });
    return ended.status === 200 && ended.body.length > 0 ? ended.body : undefined;
  };
  const isOne = async (format: string, bytes: Uint8Array): Promise<boolean> => {
    const ended = await ask('validate', fileName(format), bytes, {});
    const { format: found } = JSON.parse(Buffer.from(ended.body).toString()) as { format: string };
    return found === format;
  };
  const sampleOf = async (seed: string, format: string): Promise<void> => {
    const made = samples.has(format) ? undefined : await convert(seed, format);
    if (made !== undefined) samples.set(format, made);
  };
  await sampleOf('markdown', 'pdf');
  await sampleOf('pdf', 'png');
  await sampleOf('png', 'gif');

  const parts: string[] = [];
  let pairs = 0;
  for (const { title, seed, sources, targets } of GROUPS) {
    const rows = new Map<string, string[]>();
    await each(sources.split(' '), async (source) => {
      await sampleOf(seed, source);
      const works: string[] = [];
      for (const target of targets.split(' ').filter((one) => one !== source)) {
        const made = await convert(source, target);
        if (made !== undefined && (await isOne(target, made))) works.push(target);
      }
      rows.set(source, works);
      pairs += works.length;
    });
    const lines = sources.split(' ').map((source) => `| ${source} | ${rows.get(source)!.join(', ')} |`);
    parts.push(`## ${title}\n\n| from | to |\n|---|---|\n${lines.join('\n')}\n`);
  }
  const fails: string[] = [];
  const tryOne = async (source: string, target: string): Promise<void> => {
    if ((await convert(source, target)) === undefined) fails.push(`${source} to ${target}`);
  };
  await each(MARKUP.sources.split(' '), async (source) => {
    await sampleOf(source === 'csljson' ? 'bibtex' : 'markdown', source);
    await tryOne(source, 'html');
  });
  await each(MARKUP.targets.split(' '), (target) => tryOne('markdown', target));
  parts.push(
    `## Texts (pandoc)\n\nPandoc makes any of one of any of the other; tried were each source to html, and markdown to each target${fails.length === 0 ? '' : `, and these failed: ${fails.sort().join(', ')}`}.\n\nFrom: ${MARKUP.sources.replaceAll(' ', ', ')}.\n\nTo: ${MARKUP.targets.replaceAll(' ', ', ')}.\n`,
  );
  return `<!-- Written by \`npm run bench -- documents matrix\`, which tries every pair. -->\n\n# What becomes what\n\nEach pair was tried on a small sample, and what came out is what it should be by its bytes. ${pairs} pairs beyond those that pandoc makes\nof texts. Formats of different groups are joined by up to three steps: Markdown becomes PDF by way of docx. HEIC is read, too, and t2t, tikiwiki, twiki,\nvimwiki and creole, of which nothing makes samples.\n\n${parts.join('\n')}`;
};

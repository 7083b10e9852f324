import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { fetched } from '../email/corpus.ts';

/** Labels, and the folder that TypeScript has its messages in. English is where it speaks itself. */
const FOLDERS: Readonly<Record<string, string>> = {
  ...{ cs: 'cs', de: 'de', es: 'es', fr: 'fr', it: 'it', ja: 'ja', ko: 'ko', pl: 'pl', pt: 'pt-br' },
  ...{ ru: 'ru', tr: 'tr', 'zh-Hans': 'zh-cn', 'zh-Hant': 'zh-tw' },
};
export const LANGUAGES = ['en', ...Object.keys(FOLDERS)].sort();

export interface Sentence {
  text: string;
  label: number;
  /** Translations of one sentence have one. */
  key: string;
}

/** Places for values and quoted code say nothing of a language. */
const bare = (text: string): string =>
  text
    .replace(/\{\d+\}|['"'「『«„“][^'"'」』»”]{0,80}['"'」』»”]|&&/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

const sentences = (label: string, messages: Iterable<readonly [string, string]>): Sentence[] =>
  [...messages]
    .map(([key, text]) => ({ key, text: bare(text), label: LANGUAGES.indexOf(label) }))
    .filter(({ text }) => text.length >= (/[\u3040-\u9fff\uac00-\ud7af]/.test(text) ? 8 : 20));

/** Messages of the TypeScript compiler in 14 languages (Apache-2.0), as the package has them that Crank itself uses. */
export const compilerSentences = (): Sentence[] => {
  const lib = new URL('../../node_modules/typescript-api/lib/', import.meta.url);
  const own = readFileSync(new URL('typescript.js', lib), 'utf8');
  const english = [...own.matchAll(/diag\(\d+, \d+ \/\* \w+ \*\/, "(\w+)", "((?:[^"\\]|\\.)*)"/g)].map(
    ([, key, text]) => [key!, JSON.parse(`"${text}"`) as string] as const,
  );
  const translated = Object.entries(FOLDERS).flatMap(([label, folder]) => {
    const file = new URL(`${folder}/diagnosticMessages.generated.json`, lib);
    return sentences(label, Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>));
  });
  return [...sentences('en', english), ...translated];
};

/** Sentences of another program, an editor (monaco-editor, MIT): what was learnt from a compiler is measured on them. */
export const editorSentences = (): Sentence[] => {
  const folder = join(fetched('monaco-editor@0.52.2'), 'monaco-editor/min/vs');
  const names = {
    de: 'de',
    es: 'es',
    fr: 'fr',
    it: 'it',
    ja: 'ja',
    ko: 'ko',
    ru: 'ru',
    'zh-Hans': 'zh-cn',
    'zh-Hant': 'zh-tw',
  };
  return Object.entries(names).flatMap(([label, name]) => {
    // JavaScript that puts a list of texts into a variable.
    const context: { _VSCODE_NLS_MESSAGES?: (string | null)[]; define: (needs: unknown, make: () => void) => void } = {
      define: (_needs, make) => make(),
    };
    runInNewContext(readFileSync(join(folder, `nls.messages.${name}.js`), 'utf8'), context);
    const list = context._VSCODE_NLS_MESSAGES!.map((text, i) => [String(i), text ?? ''] as const); // what nobody translated is null
    return sentences(label, list);
  });
};

/** What is wrong with a template, and what to write instead. */
export class TemplateError extends Error {
  readonly fix: string;
  constructor(wrong: string, fix: string) {
    super(wrong);
    this.fix = fix;
  }
}

/** Word as written: characters, with those that quotes or a backslash made plain marked by `plain`. */
export type Written = { readonly char: string; readonly plain: boolean }[];

/** Words as a shell would split them, with quotes and backslashes and nothing else of a shell. @throws TemplateError */
export const splitTemplate = (text: string): Written[] => {
  const words: Written[] = [];
  let word: Written | undefined;
  let quote = '';
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quote !== '') {
      if (char === quote) quote = '';
      else
        word!.push({
          char: char === '\\' && quote === '"' && /["\\]/.test(text[at + 1] ?? '') ? text[++at]! : char,
          plain: true,
        });
    } else if (depth > 0) {
      if (char === '}') depth--;
      word!.push({ char, plain: false });
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "'" || char === '"') {
      word ??= [];
      quote = char;
    } else if (char === '\\') {
      if (at + 1 === text.length) throw new TemplateError('ends with a backslash', 'Remove it, or write \\\\.');
      word ??= [];
      word.push({ char: text[++at]!, plain: true });
    } else {
      if (/[|&;<>$`*?~]/.test(char))
        throw new TemplateError(
          `has ${char}, which only a shell understands; no shell runs here`,
          `Write it within quotes where the tool should get it. Files go in and out by {name:in} and {name:out}.`,
        );
      if (char === '{') depth++;
      word ??= [];
      word.push({ char, plain: false });
    }
  }
  if (quote !== '') throw new TemplateError(`has a ${quote} that does not end`, 'Close the quotes.');
  if (depth > 0) throw new TemplateError('has a { that does not end', "Close it, or quote it: '{'.");
  if (word !== undefined) words.push(word);
  return words;
};

import { decodeEntities } from './entities.ts';

/** Elements whose content nobody reads. */
const HIDDEN = new Set(['script', 'style', 'head', 'title', 'template', 'noscript', 'svg', 'object']);
const BREAKS =
  /^(?:p|div|br|tr|table|h[1-6]|li|ul|ol|dl|dt|dd|blockquote|pre|hr|section|article|header|footer|address|center|form|body)$/;
const PARAGRAPHS = /^(?:p|h[1-6]|blockquote|table|ul|ol|pre)$/;

/**
 * What a reader sees of HTML, as text: a line for each block, items of lists with `* `, no scripts, styles or comments. A tokenizer, not a
 * parser of documents: it reads any input once, from beginning to end.
 */
export const htmlToText = (html: string): string => {
  const out: string[] = [];
  let hidden = '';
  let at = 0;
  const size = html.length;
  while (at < size) {
    const open = html.indexOf('<', at);
    const stop = open < 0 ? size : open;
    if (hidden === '' && stop > at) out.push(html.slice(at, stop).replace(/[\s\u00a0]+/g, ' '));
    if (open < 0) break;
    if (html.startsWith('<!--', open)) {
      const end = html.indexOf('-->', open + 4);
      at = end < 0 ? size : end + 3;
      continue;
    }
    const next = html.charCodeAt(open + 1) | 32;
    const isTag = (next >= 97 && next <= 122) || next === 47 || next === 33 || next === 63 || next === 32 + 47;
    if (!isTag) {
      if (hidden === '') out.push('<');
      at = open + 1;
      continue;
    }
    const end = tagEnd(html, open);
    const closing = html[open + 1] === '/';
    const name = nameAt(html, closing ? open + 2 : open + 1);
    at = end + 1;
    if (hidden !== '') {
      if (closing && name === hidden) hidden = '';
      // A head that is not closed ends where the body begins.
      else if (hidden === 'head' && name === 'body') hidden = '';
    } else if (!closing && HIDDEN.has(name) && html[end - 1] !== '/') hidden = name;
    else if (name === 'li' && !closing) out.push('\n* ');
    else if (name === 'td' || name === 'th') out.push(closing ? ' ' : '');
    else if (BREAKS.test(name)) out.push(PARAGRAPHS.test(name) ? '\n\n' : '\n');
  }
  return decodeEntities(out.join(''))
    .replace(/[ \t\u00a0]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
};

/** The `>` that ends a tag: one in quotes does not, unless the quotes never end. */
const tagEnd = (html: string, open: number): number => {
  const end = html.indexOf('>', open);
  if (end < 0) return html.length;
  const tag = html.slice(open, end);
  if (!tag.includes('"') && !tag.includes("'")) return end;
  const quoted = /^<[^>"']*(?:(?:"[^"]{0,4096}"|'[^']{0,4096}')[^>"']*)*>/.exec(
    html.slice(open, Math.min(end + 8_192, html.length)),
  );
  return quoted === null ? end : open + quoted[0].length - 1;
};

const NAME = /[A-Za-z0-9]{0,16}/y;
const nameAt = (html: string, at: number): string => {
  NAME.lastIndex = at;
  return NAME.exec(html)![0].toLowerCase();
};

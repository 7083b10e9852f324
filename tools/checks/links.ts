import { dirname, join, normalize } from 'node:path';

const inCode = /^(```|~~~)[\s\S]*?^\1[^\n]*$|`[^`\n]*`/gm;
const link = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)|^\[[^\]^]+\]:\s*<?(\S+?)>?\s*$/gm;
const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

/** The anchors that GitHub gives a page's headings. */
export const anchors = (markdown: string): Set<string> => {
  const seen = new Map<string, number>();
  const headings = markdown.replace(/^(```|~~~)[\s\S]*?^\1[^\n]*$/gm, blank).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm);
  return new Set(
    [...headings].map(([, title]) => {
      const text = title!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const slug = text.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    }),
  );
};

/**
 * Relative links of one Markdown page that lead nowhere. `exists` and `read` answer for paths from the root; links with
 * a scheme are not followed.
 */
export const deadLinks = (
  path: string,
  markdown: string,
  exists: (path: string) => boolean,
  read: (path: string) => string,
): string[] => {
  const text = markdown.replace(inCode, blank);
  const faults: string[] = [];
  for (const match of text.matchAll(link)) {
    const target = match[1] ?? match[2]!;
    if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) continue;
    const [file = '', anchor] = decodeURIComponent(target).split('#');
    const goal = file === '' ? path : normalize(file.startsWith('/') ? file.slice(1) : join(dirname(path), file));
    const line = text.slice(0, match.index).split('\n').length;
    if (goal.startsWith('..') || !exists(goal))
      faults.push(`${path}:${line}: links to ${target}, which does not exist`);
    else if (anchor && goal.endsWith('.md') && !anchors(read(goal)).has(anchor)) {
      faults.push(`${path}:${line}: links to ${target}: that page has no such heading`);
    }
  }
  return faults;
};

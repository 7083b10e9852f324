/** What a layout leads to, with the score that its form alone has. */
interface End<T> {
  to: T;
  score: number;
}

interface Node<T> {
  next: Map<string, Node<T>>;
  ends: End<T>[];
  /** Whether there are separators on the way here. */
  separated: boolean;
}

/** A text that has the form of some layout. */
export interface Laid<T> {
  to: T;
  start: number;
  end: number;
  /** Without separators. */
  plain: string;
  score: number;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isLetter = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
const isWord = (code: number): boolean => isDigit(code) || isLetter(code) || code === 95 || code > 127;

/** Whether a number or code may begin here: nothing before it that it would be the rest of. */
const mayBegin = (text: string, at: number): boolean => {
  if (at === 0) return true;
  const before = text.charCodeAt(at - 1);
  if (isWord(before) && !(before > 127 && !/[\p{L}\p{N}]/u.test(text[at - 1]!))) return false;
  if (!/[-.,/+$€£#%\\]/.test(text[at - 1]!)) return true;
  return at > 1 && /[-.,/]/.test(text[at - 1]!) ? !isWord(text.charCodeAt(at - 2)) : !/[+$€£%\\]/.test(text[at - 1]!);
};

const mayEnd = (text: string, at: number): boolean => {
  if (at >= text.length) return true;
  const behind = text.charCodeAt(at);
  if (isWord(behind) && !(behind > 127 && !/[\p{L}\p{N}]/u.test(text[at]!))) return false;
  const beyond = text.charCodeAt(at + 1);
  if (text[at] === '-') return !isWord(beyond);
  return !(/[.,/]/.test(text[at]!) && isDigit(beyond));
};

/**
 * Finds all layouts at once. In a layout `9` stands for a digit, `A` for a letter, `X` for either; all else for itself.
 * From each place where a code may begin at most the longest layout is read, so that the time is linear.
 */
export const createLayouts = <T>(layouts: readonly { layout: string; to: T; score: number }[]) => {
  const root: Node<T> = { next: new Map(), ends: [], separated: false };
  for (const { layout, to, score } of layouts) {
    let node = root;
    for (const char of layout) {
      let next = node.next.get(char);
      if (next === undefined) {
        next = { next: new Map(), ends: [], separated: node.separated || !/[9AX]/.test(char) };
        node.next.set(char, next);
      }
      node = next;
    }
    node.ends.push({ to, score });
  }

  const walk = (text: string, start: number, at: number, node: Node<T>, found: Laid<T>[]): void => {
    if (node.ends.length > 0 && mayEnd(text, at)) {
      const whole = text.slice(start, at);
      const plain = node.separated ? whole.replace(/[^A-Za-z0-9]/g, '') : whole;
      for (const { to, score } of node.ends) found.push({ to, start, end: at, plain, score });
    }
    if (at >= text.length || node.next.size === 0) return;
    const code = text.charCodeAt(at);
    const isCode = isDigit(code) || isLetter(code);
    const exact = node.next.get(isDigit(code) ? '9' : isCode ? 'A' : text[at]!);
    if (exact !== undefined) walk(text, start, at + 1, exact, found);
    const either = isCode ? node.next.get('X') : undefined;
    if (either !== undefined) walk(text, start, at + 1, either, found);
  };

  return (text: string): Laid<T>[] => {
    const found: Laid<T>[] = [];
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if ((isDigit(code) || isLetter(code)) && mayBegin(text, at)) walk(text, at, at, root, found);
    }
    return found;
  };
};

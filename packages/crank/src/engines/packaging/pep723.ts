import { parse, TomlError } from 'smol-toml';

/** A `# /// TYPE` block of inline metadata (PEP 723): its TOML text and the 1-based line of its opening. */
export interface Block {
  readonly type: string;
  readonly line: number;
  readonly content: string;
}

const OPEN = /^# \/\/\/ ([a-zA-Z0-9-]+)$/;
const CLOSE = '# ///';
const isComment = (line: string): boolean => line === '#' || line.startsWith('# ');

/**
 * All blocks of a script, found as the reference expression of PEP 723 finds them:
 *
 *     (?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$
 *
 * The expression takes the last `# ///` of a run of comment lines as the end, and quadratic time on hostile text; this
 * reads the lines once.
 */
export const findBlocks = (script: string): Block[] => {
  const lines = script.replace(/\r\n?/g, '\n').split('\n');
  const blocks: Block[] = [];
  for (let start = 0; start < lines.length; ) {
    if (!isComment(lines[start]!)) {
      start++;
      continue;
    }
    let end = start;
    let close = -1;
    for (; end < lines.length && isComment(lines[end]!); end++) if (lines[end] === CLOSE) close = end;
    // The first opening with at least one line before the closing line begins the block; nothing after it can close.
    for (let open = start; open < close - 1; open++) {
      const match = OPEN.exec(lines[open]!);
      if (match === null) continue;
      const content = lines.slice(open + 1, close).map((line) => line.slice(2));
      blocks.push({ type: match[1]!, line: open + 1, content: content.join('\n') });
      break;
    }
    start = end;
  }
  return blocks;
};

const MAX_TOML = 64 * 1024;

export interface ScriptMetadata {
  readonly line: number;
  /** Absent where the block says nothing of dependencies. */
  readonly dependencies?: readonly string[];
  readonly requiresPython?: string;
  /** Fields that the block has and that are not used. */
  readonly ignored: readonly string[];
}

/** The `script` block's fields; undefined without such a block. */
export const readScriptMetadata = (script: string): ScriptMetadata | undefined | { wrong: string; line: number } => {
  const [block, second] = findBlocks(script).filter(({ type }) => type === 'script');
  if (block === undefined) return undefined;
  if (second !== undefined)
    return { wrong: 'There is a second "# /// script" block; PEP 723 allows one', line: second.line };
  if (block.content.length > MAX_TOML) return { wrong: `It has more than ${MAX_TOML} characters`, line: block.line };
  let fields: Record<string, unknown>;
  try {
    fields = parse(block.content);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { wrong: `It is not TOML: ${error.message.split('\n')[0]}`, line: block.line + error.line };
  }
  const { dependencies, 'requires-python': requiresPython, ...rest } = fields;
  if (dependencies !== undefined && !isTexts(dependencies))
    return { wrong: '"dependencies" is not a list of texts', line: block.line };
  if (requiresPython !== undefined && typeof requiresPython !== 'string')
    return { wrong: '"requires-python" is not a text', line: block.line };
  return {
    line: block.line,
    ...(dependencies === undefined ? {} : { dependencies }),
    ...(requiresPython === undefined ? {} : { requiresPython }),
    ignored: Object.keys(rest),
  };
};

export const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

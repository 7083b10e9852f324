import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Step {
  command: string;
  shown: string;
}

/** What a page of docs/ says: files by their titles, and sessions of commands with what they print. */
export const readConsoleDoc = (page: string): { files: Map<string, string>; sessions: Step[][] } => {
  const files = new Map<string, string>();
  const sessions: Step[][] = [];
  const text = readFileSync(fileURLToPath(new URL(`../../../../docs/${page}`, import.meta.url)), 'utf8');
  for (const [, kind, title, body] of text.matchAll(/^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$/gms)) {
    if (title !== undefined) files.set(title, body!);
    else if (kind === 'console')
      sessions.push(
        body!
          .split(/^\$ /m)
          .slice(1)
          .map((step) => {
            const [command, ...shown] = step.split('\n');
            return { command: command!, shown: shown.join('\n').trimEnd() };
          }),
      );
  }
  return { files, sessions };
};

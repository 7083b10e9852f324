import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Step {
  command: string;
  shown: string;
}

/** What a page of docs/ shows: files by their titles, and sessions of commands with what they print. */
export const sessionsIn = (page: string): { files: Map<string, string>; sessions: Step[][] } => {
  const document = fileURLToPath(new URL(`../../../../docs/${page}`, import.meta.url));
  const files = new Map<string, string>();
  const sessions: Step[][] = [];
  for (const [, kind, title, body] of readFileSync(document, 'utf8').matchAll(
    /^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$/gms,
  )) {
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

import { CrankError } from '#src/core/error.ts';

export interface ServiceName {
  account: string | undefined;
  service: string;
  version: string | undefined;
  operation: string | undefined;
}

/** Reads `[ACCOUNT/]SERVICE[@VERSION][.OPERATION]` (CONTRACT.md, "Names"). @throws CrankError `invalid-input` */
export const parseName = (text: string): ServiceName => {
  const match =
    /^(?:([a-z0-9-]+)\/)?([a-z0-9-]+)(?:@([A-Za-z0-9:_-]+))?(?:\.([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?))?$/.exec(
      text,
    );
  if (match === null) {
    throw new CrankError(
      'invalid-input',
      `"${text}" is no name of a service: write [ACCOUNT/]SERVICE[@VERSION][.OPERATION], such as words.top_words.`,
    );
  }
  return { account: match[1], service: match[2]!, version: match[3], operation: match[4] };
};

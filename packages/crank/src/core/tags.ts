/** The tags in `Crank-Tags`: separated by commas, semicolons or spaces. */
export const tagsIn = (header: string | null | undefined): readonly string[] =>
  header == null ? [] : header.split(/[\s,;]+/).filter((tag) => tag !== '');

/** Each once and sorted: the same tags are the same set, however they were written. */
export const tagSet = (header: string | null | undefined): readonly string[] => [...new Set(tagsIn(header))].sort();

const COST_CENTRE = /^cost-cent(?:re|er)=(.+)$/;

/** What is said in the tag `cost-centre=...` (or `cost-center=`); empty where there is none. */
export const costCentreIn = (tags: readonly string[]): string => {
  for (const tag of tags) {
    const found = COST_CENTRE.exec(tag);
    if (found !== null) return found[1]!;
  }
  return '';
};

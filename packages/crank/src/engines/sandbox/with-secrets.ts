/** Adds secrets, by environment variable, to what the sandbox is told of its files (`frames.py`). */
export const withSecrets = (listing: string, secrets: Readonly<Record<string, string>> | undefined): string => {
  if (secrets === undefined) return listing;
  const member = `"secrets":${JSON.stringify(secrets)}`;
  return listing === '' ? `{${member}}` : `${listing.slice(0, -1)},${member}}`;
};

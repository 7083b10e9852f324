/** `attachment` with a name that every client reads: an ASCII stand-in, and the name itself where they differ (RFC 6266, RFC 8187). */
export const attachment = (name: string): string => {
  const wellFormed = name.toWellFormed() || 'file';
  const plain = wellFormed.replace(/[^\x20-\x7e]|["\\%/]/g, '_').trim() || 'file';
  if (plain === wellFormed) return `attachment; filename="${plain}"`;
  const encoded = encodeURIComponent(wellFormed).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
};

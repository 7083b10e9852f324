let tag: string | undefined;

/** What wheels depend on beside the interpreter: operating system, processor, C library; such as `linux-x64-gnu`. */
export const platformTag = (): string => {
  tag ??= `${process.platform}-${process.arch}${libc()}`;
  return tag;
};

const libc = (): string => {
  if (process.platform !== 'linux') return '';
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  const before = report.excludeNetwork;
  report.excludeNetwork = true; // it would look up the names of all open connections
  const { header } = report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  report.excludeNetwork = before;
  return header.glibcVersionRuntime === undefined ? '-musl' : '-gnu';
};

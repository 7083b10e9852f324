/** Which methods each path takes, so that a wrong one is told the right ones (RFC 9110, 15.5.6). */
export class MethodTable {
  readonly #routes: { path: string; pattern: RegExp; methods: Set<string> }[] = [];

  /** @param path in the router's notation: `/v1/services/:service`, `/log/tile/*` */
  add(path: string, methods: readonly string[]): void {
    const source = path
      .split('/')
      .map((part) =>
        part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
      )
      .join('/');
    const known = this.#routes.find((route) => route.pattern.source === new RegExp(`^${source}$`).source);
    if (known === undefined) this.#routes.push({ path, pattern: new RegExp(`^${source}$`), methods: new Set(methods) });
    else for (const method of methods) known.methods.add(method);
  }

  /** Every method of every path. */
  all(): { method: string; path: string }[] {
    return this.#routes.flatMap(({ path, methods }) => [...methods].map((method) => ({ method, path })));
  }

  /** Methods that a path takes, sorted; none where there is no such path. */
  of(url: string): string[] {
    const path = url.split('?', 1)[0]!;
    const methods = this.#routes.filter((route) => route.pattern.test(path)).flatMap((route) => [...route.methods]);
    return [...new Set(methods)].sort();
  }
}

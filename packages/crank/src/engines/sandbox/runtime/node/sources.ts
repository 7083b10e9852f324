import { closeSync, readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';

/** Format and text by URL, as Node's loader has them, without types. */
type Sources = Record<string, [format: string, text: string]>;

const descriptor = 4;
const typed = '-typescript';

/** Collects what the module and its own files become without their types, so that no call pays for that. */
export const collectSources = (): Sources => {
  const sources: Sources = Object.create(null);
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context);
      if (loaded.format?.endsWith(typed) !== true || loaded.source == null) return loaded;
      const given = loaded.source;
      const source = typeof given === 'string' ? given : new TextDecoder().decode(given);
      let text: string;
      try {
        text = stripTypeScriptTypes(source);
      } catch {
        return loaded; // Node tries it again, and says where
      }
      const format = loaded.format.slice(0, -typed.length);
      sources[url] = [format, text];
      return { ...loaded, format, source: text };
    },
  });
  return sources;
};

/** Gives the loader what was collected. */
export const useSources = (): void => {
  const sources = JSON.parse(readFileSync(descriptor, 'utf8')) as Sources;
  closeSync(descriptor);
  registerHooks({
    load: (url, context, next) => {
      if (!Object.hasOwn(sources, url)) return next(url, context);
      const [format, source] = sources[url]!;
      return { format, source, shortCircuit: true };
    },
  });
};

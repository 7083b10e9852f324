import type { Finding } from '#src/core/error.ts';
import type { Runtime } from '#src/core/service.ts';
import { COMMAND_ENTRY } from './command-operations.ts';
import { entryPoints } from './entry-points.ts';
import { problem, quote } from './findings.ts';
import { findNodeEntry, isNodeModule, saysNothing } from './node-entry.ts';
import type { Source } from './source.ts';

const CONVENTIONAL = ['main.py', 'app.py', 'service.py', '__main__.py'];
const SAYS_NOTHING = [...CONVENTIONAL, 'model.onnx'];
/** What is beside scripts and is none. */
const NO_SCRIPT = /^(?:setup|conftest|noxfile|__init__|test_.*|.*_test)\.py$/;

const isModule = (path: string): boolean => path.endsWith('.py') || path.endsWith('.ipynb');
const isModel = (path: string): boolean => path.endsWith('.onnx');

/** What runs an entry. */
export const runtimeOf = (entry: string): Runtime =>
  entry === COMMAND_ENTRY ? 'command' : isModel(entry) ? 'model' : isNodeModule(entry) ? 'node' : 'python';

/**
 * The file that holds the operations: the one named in the manifest, else the one that custom points at. A folder with
 * scripts is of Python, unless its manifest says that it is a model's or Node's.
 */
export const findEntry = (
  source: Source,
  declared?: string,
  runtime?: Runtime,
): { entry: string } | { finding: Finding } => {
  const models = [...source.files.keys()].filter(isModel);
  const names = [...source.files.keys()];
  const isNode =
    declared === undefined
      ? !names.some((path) => isModule(path) || isModel(path)) && names.some(isNodeModule)
      : isNodeModule(declared);
  if (runtime === 'node' || (runtime === undefined && isNode)) return findNodeEntry(source, declared);
  if (declared !== undefined && isModel(declared) && source.files.has(declared)) {
    if (runtime !== 'python') return { entry: declared };
    const message = `The entry ${quote(declared)} is a model, and the manifest says "runtime": "python".`;
    return { finding: problem('', message, 'Leave "runtime" out, or write "model".') };
  }
  if (runtime === 'model' || (declared === undefined && models.length > 0 && ![...source.files.keys()].some(isModule)))
    return findModel(models, declared);
  if (declared !== undefined) {
    if (source.files.has(declared) && isModule(declared)) return { entry: declared };
    const message = source.files.has(declared)
      ? `The entry ${quote(declared)} is neither a .py file nor a notebook.`
      : `The entry ${quote(declared)} is not among the files.`;
    return { finding: problem('', message, `Name a .py file of the source as "entry". ${candidates(source)}`) };
  }
  const modules = [...source.files.keys()].filter(isModule);
  if (modules.length === 0)
    return {
      finding: problem(
        '',
        'There is no .py, .ts, .js or .onnx file in it.',
        'Hand in a script, a module, a model, or the template of a command.',
      ),
    };
  if (modules.length === 1) return { entry: modules[0]! };
  const top = modules.filter((path) => !path.includes('/') && !NO_SCRIPT.test(path));
  const named = source.folder === undefined ? [] : [`${source.folder}.py`];
  // A package that can be started: `python -m package`.
  const mains = modules.filter((path) => /^(?:src\/)?[^/]+\/__main__\.py$/.test(path));
  const entry =
    CONVENTIONAL.find((path) => top.includes(path)) ??
    entryPoints(source)[0]?.file ??
    named.find((path) => top.includes(path)) ??
    (top.length === 1 ? top[0] : undefined) ??
    (mains.length === 1 ? mains[0] : undefined);
  if (entry !== undefined) return { entry };
  return {
    finding: problem(
      '',
      `There are ${modules.length} .py files and none is called ${[...CONVENTIONAL, ...named].join(', ')}.`,
      `Add a crank.json such as {"entry": ${JSON.stringify(top[0] ?? modules[0])}}. ${candidates(source)}`,
    ),
  };
};

const findModel = (models: readonly string[], declared?: string): { entry: string } | { finding: Finding } => {
  const entry = models.length === 1 ? models[0] : models.find((path) => path === 'model.onnx');
  if (declared === undefined && entry !== undefined) return { entry };
  const found = models.length === 0 ? 'There is no .onnx file in it.' : `Found: ${models.slice(0, 10).join(', ')}.`;
  const message =
    declared === undefined
      ? 'Which of its files is the model is not clear.'
      : `The entry ${quote(declared)} is not an .onnx file of it.`;
  return { finding: problem('', message, `Name one as "entry": {"entry": "model.onnx"}. ${found}`) };
};

const candidates = (source: Source): string => {
  const modules = [...source.files.keys()].filter(isModule);
  if (modules.length === 0) return 'There is no .py file in it.';
  return `Found: ${modules.slice(0, 10).join(', ')}${modules.length > 10 ? ', …' : ''}.`;
};

/** Service names are DNS labels (RFC 1035, section 2.3.1, with a leading digit allowed as RFC 1123 does). */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62})$/;

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 63);

/**
 * The service's name: the one asked for, the manifest's, or made from the folder (where the file is called main, app
 * or service, which says nothing) or file; `instead` of these where the entry is none of the user's.
 */
export const serviceName = (
  source: Source,
  entry: string,
  asked?: string,
  declared?: string,
  instead?: string,
): { name: string } | { finding: Finding } => {
  const given = asked ?? declared;
  const [file, folder = source.folder] = entry.split('/').reverse();
  const point = entryPoints(source).find((one) => one.file === entry)?.name;
  const derived =
    instead ??
    point ??
    ((SAYS_NOTHING.includes(file!) || saysNothing(file!)) &&
    folder !== undefined &&
    !(folder === 'src' && isNodeModule(entry))
      ? folder
      : saysNothing(file!) && source.folder !== undefined
        ? source.folder
        : file!.replace(/\.(?:py|ipynb|onnx|[cm]?[jt]s)$/, ''));
  // A name that was asked for is not bent beyond recognition; a file may be called "Report 2024.py".
  const name = given === undefined ? slug(derived) : given.toLowerCase().replaceAll('_', '-');
  if (NAME.test(name)) return { name };
  const fix =
    'Give a name of lower case letters, digits and "-", at most 63, starting with a letter or digit (--name).';
  return { finding: problem('', `${quote(given ?? derived)} makes no service name.`, fix) };
};

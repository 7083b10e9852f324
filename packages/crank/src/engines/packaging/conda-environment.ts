import { parseDocument } from 'yaml';
import type { Finding } from '#src/core/error.ts';
import { type Declared, parseLines } from './declared.ts';
import { problem, quote, remark } from './findings.ts';
import type { Requirement } from './pep508.ts';
import type { Source } from './source.ts';
import { table } from './toml-file.ts';

const FILES = ['environment.yml', 'environment.yaml'];
const MAX_BYTES = 2 ** 20;

/** Conda's names of what the package index calls otherwise; most are the same. From both indexes' own pages. */
const NAMES: Readonly<Record<string, string>> = {
  'matplotlib-base': 'matplotlib',
  opencv: 'opencv-python-headless',
  'py-opencv': 'opencv-python-headless',
  pytorch: 'torch',
  'pytorch-cpu': 'torch',
  'python-levenshtein': 'levenshtein',
  pytables: 'tables',
  'msgpack-python': 'msgpack',
  'seaborn-base': 'seaborn',
  'dask-core': 'dask',
  ruamel_yaml: 'ruamel.yaml',
  psycopg2: 'psycopg2-binary',
  pyqt: 'PyQt5',
  'python-graphviz': 'graphviz',
};
/** What no package of Python is. */
const OTHER =
  /^(?:_libgcc_mutex|_openmp_mutex|blas|bzip2|ca-certificates|cmake|compilers?|cuda\S*|cudnn|cudatoolkit|ffmpeg|gcc\S*|gdal|git|gxx\S*|intel-openmp|ld_impl\S*|lib\S+|make|mamba|conda|mkl|ncurses|nodejs|openjdk|openssl|perl|pkg-config|r-\S+|r|readline|sqlite|tk|xz|zlib|zstd)$/;
const IGNORED = new Set(['pip', 'setuptools', 'wheel', 'nomkl', 'python', 'conda', 'mamba']);

/** Reads Conda's `environment.yml`: its `pip` part as it stands, and plain packages by their names in the package index. */
export const readCondaEnvironment = (
  source: Source,
  findings: Finding[],
): (Declared & { file: string }) | undefined => {
  const file = FILES.find((path) => source.files.has(path));
  if (file === undefined) return undefined;
  const content = source.files.get(file)!;
  const none = { file, requirements: [], constraints: [] };
  if (content.byteLength > MAX_BYTES) {
    findings.push(problem(file, `It has more than ${MAX_BYTES} bytes.`, 'Shorten it.'));
    return none;
  }
  const document = parseDocument(new TextDecoder().decode(content), { version: '1.2', schema: 'core' });
  let value: unknown;
  try {
    if (document.errors[0] !== undefined) throw document.errors[0];
    value = document.toJS({ maxAliasCount: 0 });
  } catch (error) {
    findings.push(problem(file, `It cannot be read: ${(error as Error).message.split('\n')[0]}.`, 'Mend that line.'));
    return none;
  }
  const listed = table(value)['dependencies'];
  const requirements: Requirement[] = [];
  let python: string | undefined;
  for (const entry of Array.isArray(listed) ? listed.slice(0, 2_000) : []) {
    const pip = table(entry)['pip'];
    if (Array.isArray(pip)) {
      const lines = pip.filter((line): line is string => typeof line === 'string' && !line.startsWith('-'));
      requirements.push(...parseLines(file, lines, findings));
    }
    if (typeof entry !== 'string') continue;
    const [, name, versions = ''] = /^(?:[\w.-]+::)?([A-Za-z0-9_][\w.-]*)\s*(.*)$/s.exec(entry.trim()) ?? [];
    const plain = name?.toLowerCase();
    if (plain === 'python') python = condaVersions(versions);
    if (name === undefined || plain === undefined || IGNORED.has(plain)) continue;
    if (OTHER.test(plain)) {
      const message = `${quote(name)} is no package of Python's, and is not installed.`;
      findings.push(
        remark(file, message, 'What the system has below /usr is there in sandboxes: ask the operator to install it.'),
      );
    } else requirements.push(...parseLines(file, [`${NAMES[plain] ?? name}${condaVersions(versions)}`], findings));
  }
  return { file, requirements, constraints: [], ...(python && { python }) };
};

/** Conda's match specification as PEP 440 writes it: `=1.2` is `==1.2.*`; builds (`=1.2=py39_0`) are left out. */
const condaVersions = (text: string): string => {
  const versions = text
    .trim()
    .replace(/^\[.*\]$/, '')
    .replace(/\s+/g, '');
  const exact = /^(={1,2})([\w.!+]+?)(\.?\*)?(?:=[\w.*]+)?$/.exec(versions);
  if (exact !== null) return exact[1] === '=' || exact[3] !== undefined ? `==${exact[2]}.*` : `==${exact[2]}`;
  return /^(?:[<>=!~]=?[\w.*!+]+)(?:,[<>=!~]=?[\w.*!+]+)*$/.test(versions) ? versions : '';
};

import type { Json, Operation } from '#src/core/service.ts';
import { curlExample, exampleArguments, type FileNames } from './operation-example.ts';

/** How to call an operation, in three languages. Files stand in the folder where it is run; `CRANK_KEY` holds the key. */
export interface CallExamples {
  /** Arguments that are no files. */
  arguments: Record<string, Json>;
  /** Names of the files that stand for file parameters, by parameter. */
  files: Record<string, FileNames>;
  curl: string;
  python: string;
  typescript: string;
}

export const operationExamples = (base: string, service: string, operation: Operation): CallExamples => {
  const { values, files } = exampleArguments(operation);
  return {
    arguments: values,
    files,
    curl: curlExample(base, service, operation),
    python: pythonExample(base, service, operation),
    typescript: typescriptExample(base, service, operation),
  };
};

/** With `crank-platform` (python/). */
const pythonExample = (base: string, service: string, operation: Operation): string => {
  const { values, files } = exampleArguments(operation);
  const given = [
    ...Object.entries(values).map(([name, value]) => [name, pythonLiteral(value)]),
    ...Object.entries(files).map(([name, file]) => [name, eachFile(file, (one) => `Path(${JSON.stringify(one)})`)]),
  ];
  const head = [
    ...(Object.keys(files).length > 0 ? ['from pathlib import Path', ''] : []),
    'from crank_platform import Client',
    '',
    `client = Client(${JSON.stringify(base)})  # the key is in CRANK_KEY`,
  ];
  const [first, second] = [JSON.stringify(service), JSON.stringify(operation.name)];
  const plain = given.every(([name]) => isPythonName(name!) && name !== 'self');
  const call = plain
    ? `client.call(${[first, second, ...given.map(([name, value]) => `${name}=${value}`)].join(', ')})`
    : `client.run(${first}, ${second}, {${given.map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join(', ')}}).value`;
  switch (operation.result) {
    case 'json':
      return [...head, `print(${call})`].join('\n');
    case 'stream':
      return [...head, `for item in ${call}:`, '    print(item)'].join('\n');
    case 'file':
      return [...head, `file = ${call}`, 'open(file.name, "wb").write(file.data)'].join('\n');
  }
};

/** Python and TypeScript write lists alike. */
const eachFile = (file: FileNames, write: (name: string) => string): string =>
  typeof file === 'string' ? write(file) : `[${file.map(write).join(', ')}]`;

const KEYWORDS = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);

const isPythonName = (name: string): boolean => /^[A-Za-z_]\w*$/.test(name) && !KEYWORDS.has(name);

/** Python reads JSON's texts and numbers as they are; only its words are other ones. */
const pythonLiteral = (value: Json): string => {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([name, member]) => `${JSON.stringify(name)}: ${pythonLiteral(member)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
};

/** With `crank-sdk`, as a module. */
const typescriptExample = (base: string, service: string, operation: Operation): string => {
  const { values, files } = exampleArguments(operation);
  const withFiles = Object.keys(files).length > 0;
  const reads = operation.result === 'file' || withFiles;
  const wanted = [...(withFiles ? ['readFile'] : []), ...(operation.result === 'file' ? ['writeFile'] : [])];
  const member = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
  const options = withFiles
    ? `, {\n  files: { ${Object.entries(files)
        .map(
          ([name, file]) =>
            `${member(name)}: ${eachFile(file, (one) => `new File([await readFile(${JSON.stringify(one)})], ${JSON.stringify(one)})`)}`,
        )
        .join(', ')} },\n}`
    : '';
  const args = `${JSON.stringify(service)}, ${JSON.stringify(operation.name)}, ${JSON.stringify(values)}${options}`;
  return [
    ...(reads ? [`import { ${wanted.join(', ')} } from "node:fs/promises";`] : []),
    'import { CrankClient } from "crank-sdk";',
    '',
    `const client = new CrankClient({ url: ${JSON.stringify(base)}, key: process.env.CRANK_KEY ?? "" });`,
    ...typescriptCall(operation, args),
  ].join('\n');
};

const typescriptCall = ({ result, name }: Operation, args: string): string[] => {
  switch (result) {
    case 'json':
      return [`const { value } = await client.call(${args});`, 'console.log(value);'];
    case 'stream':
      return [`for await (const item of client.stream(${args})) console.log(item);`];
    case 'file':
      return [
        `const { value } = await client.call<Blob>(${args});`,
        `await writeFile(${JSON.stringify(`${name}.result`)}, new Uint8Array(await value.arrayBuffer()));`,
      ];
  }
};

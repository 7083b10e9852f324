/** Licences (SPDX) of what the project is made of or built with: all permit use in works under Apache-2.0; MPL-2.0 asks for changes of its own files only. */
const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MPL-2.0',
  // Of fonts: they may be shipped with anything, and are not sold by themselves.
  'OFL-1.1',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
]);

/** Of packages whose package.json names none, by name and version: read in their LICENSE file. */
export const readLicences: Readonly<Record<string, string>> = {
  // MIT License, Copyright (c) 2017 Devon Govett
  'png-js@2.0.0': 'MIT',
};

/** Whether an SPDX expression permits it: of `OR` one has to, of `AND` all. Exceptions (`WITH`) are not known. */
export const isAllowed = (expression: string): boolean => {
  const either = expression.replace(/^\((.*)\)$/, '$1').split(/ OR /);
  return either.some((all) => all.split(/ AND /).every((one) => ALLOWED.has(one.replace(/^\(|\)$/g, ''))));
};

/** Components whose licence is not in the list, or not told. */
export const licenceFaults = (
  components: readonly { name: string; version: string; licence: string | undefined }[],
): string[] =>
  components.flatMap(({ name, version, licence }) =>
    licence !== undefined && isAllowed(licence)
      ? []
      : [
          `sbom.cdx.json:1: ${name} ${version} is under ${licence ?? 'no licence that it tells'}: take another, or add it to tools/checks/licences.ts with the reason`,
        ],
  );

/** The part that we use of a package that ships no types. */
declare module '@tgwf/co2/data' {
  export const averageIntensity: { readonly type: string; readonly data: Readonly<Record<string, number>> };
}

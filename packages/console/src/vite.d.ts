/** Paths of files that the build takes along. */
declare module '*.svg' {
  const path: string;
  export default path;
}
declare module '*.css';
declare module '@fontsource-variable/inter/wght.css';

/** A file's text, inlined at build. */
declare module '*?raw' {
  const text: string;
  export default text;
}

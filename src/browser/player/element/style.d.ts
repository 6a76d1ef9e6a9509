/** A style sheet's text, with what it imports, inlined at build. */
declare module '*.css?inline' {
  const text: string;
  export default text;
}

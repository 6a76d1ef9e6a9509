// A plugin of the server's builds. Node.js keeps the source of loaded code in memory, with two bytes per character if a single
// character of the file is not ASCII, such as an ellipsis. Escaping these takes 12 MB off the server.

/** Neither in raw templates nor after a backslash is a character the same as its escape sequence. */
const unlikeEscaped = /\.raw`[^`]*[^\0-\x7f]|\\[^\0-\x7f]/;

/** Replaces each character that is not ASCII with its escape sequence. */
export const oneBytePerCharacter = {
  name: 'porthole:one-byte-code',
  generateBundle(_, bundle) {
    for (const { type, fileName, code } of Object.values(bundle)) {
      if (type !== 'chunk') continue;
      const [odd] = unlikeEscaped.exec(code) ?? [];
      if (odd !== undefined)
        throw new Error(`${fileName}: write the last character of "${odd}" as an escape sequence.`);
      bundle[fileName].code = code.replace(/[^\0-\x7f]/g, escaped);
    }
  },
};

/** Each half of a surrogate pair has a sequence of its own. */
function escaped(unit) {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

import { readFileSync } from 'node:fs';

/**
 * Returns a code block of `docs/`, so that a test runs what readers copy.
 *
 * @param file a file of `docs/`
 * @param heading the heading above it, without its `#`
 * @param language the language after the fence
 * @param containing a part of the block, if the section has several
 */
export function documented(file: string, heading: string, language: string, containing = ''): string {
  const text = readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
  const lines = text.split('\n');
  const begin = lines.findIndex((line) => line.replace(/^#+ /, '') === heading && line.startsWith('#'));
  if (begin === -1) throw new Error(`docs/${file} has no heading "${heading}"`);
  const level = /^#+/.exec(lines[begin] ?? '')?.[0].length ?? 0;
  let block: string[] | null = null;
  let matches = false;
  for (const line of lines.slice(begin + 1)) {
    const fence = /^```(.*)$/.exec(line)?.[1];
    if (fence === undefined) {
      if (block !== null) block.push(line);
      else if (new RegExp(`^#{1,${level}} `).test(line)) break;
    } else if (block === null) {
      block = [];
      matches = fence === language;
    } else {
      const code = block.join('\n');
      if (matches && code.includes(containing)) return `${code}\n`;
      block = null;
    }
  }
  throw new Error(`"${heading}" in docs/${file} has no ${language} block with "${containing}"`);
}

/** Replaces the documented examples by what the test has. @throws {Error} if the documentation lacks one of them */
export function filledIn(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((filled, [example, value]) => {
    if (!filled.includes(example)) throw new Error(`"${example}" is not in:\n${text}`);
    return filled.replaceAll(example, value);
  }, text);
}

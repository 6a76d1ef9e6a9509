import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8');
const links = [...page.matchAll(/\[([^\]]+)\]\(\.\.\/([^)]+\.test\.tsx?)\)/g)].map(([, title = '', file = '']) => ({
  title,
  file,
}));

describe('docs/security.md', () => {
  it('has a test for each promise', () => {
    const rows = page.split('\n').filter((line) => /^\| (?!promise|---)/.test(line) && line.split('|').length === 4);
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((row) => !/\.test\.tsx?\)/.test(row))).toEqual([]);
  });

  it.each(links)('$title is a test of $file', ({ title, file }) => {
    const source = readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
    const quoted = ["'", '"', '`'].flatMap((quote) => [`${quote}${title}${quote},`, `${quote}${title}: $`]);
    expect(quoted.some((text) => source.includes(text))).toBe(true);
  });
});

// Styles name the start and end of a line, not left and right: pages are ready for languages that are read from the right.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const sources = fileURLToPath(new URL('..', import.meta.url));
const sheets = globSync('{pages/styles,browser}/**/*.css', { cwd: sources });

/** Properties and values that name a side, apart from the middle, which is the same from both. */
const named = [
  /\b(margin|padding|border|scroll-margin|scroll-padding)-(left|right)\b/,
  /\bborder-(top|bottom)-(left|right)-radius\b/,
  /^(text-align|float|clear): (left|right)$/,
  /^(left|right): (?!50%$)/,
];

/** The parts of a value, each with its parentheses. */
const partsOf = (value: string): readonly string[] =>
  value.match(/(?:[^\s(]*\((?:[^()]|\([^()]*\))*\)|[^\s()])+/g) ?? [];

/** True for four values that differ between left and right. A safe area is that of the screen, whatever is read. */
function differs(property: string, value: string): boolean {
  const parts = partsOf(value);
  const [first, second, third, fourth] = parts;
  if (parts.length !== 4 || value.includes('safe-area-inset-right')) return false;
  if (property === 'border-radius') return first !== second || third !== fourth;
  return /^(margin|padding|inset|border-width|scroll-margin|scroll-padding)$/.test(property) && second !== fourth;
}

/** The declarations of a style sheet that name a side. */
function sidesIn(css: string): readonly string[] {
  const blocks = css.replaceAll(/\/\*[\s\S]*?\*\//g, '').split(/[{}]/);
  return blocks
    .filter((block) => !block.includes('rotate('))
    .flatMap((block) => block.split(';'))
    .map((declaration) => declaration.trim().replaceAll(/\s+/g, ' '))
    .filter((declaration) => {
      const [, property = '', value = ''] = /^([\w-]+): (.*)$/.exec(declaration) ?? [];
      return named.some((side) => side.test(declaration)) || differs(property, value);
    });
}

describe('styles', () => {
  it.each(sheets)('%s names no side', (sheet) => {
    expect(sidesIn(readFileSync(`${sources}/${sheet}`, 'utf8'))).toEqual([]);
  });

  it('are read by a test that finds sides', () => {
    const css = `a { margin-left: 0; left: 4px; padding: 0 calc(1px + (2px * 3)) 0 1px; border-radius: 1px 0 0 1px }
      @media x { b { text-align: right; inset: 0 auto auto 0; float: left } }
      i { left: 50%; margin: 0 1px 2px 1px; border-radius: 1px 1px 0 0; inset-inline: 0 1px; right: 0 }`;
    expect(sidesIn(css)).toEqual([
      ...['margin-left: 0', 'left: 4px', 'padding: 0 calc(1px + (2px * 3)) 0 1px', 'border-radius: 1px 0 0 1px'],
      ...['text-align: right', 'inset: 0 auto auto 0', 'float: left', 'right: 0'],
    ]);
    expect(sheets.length).toBeGreaterThan(20);
  });
});

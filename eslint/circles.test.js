import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findCircles, readImports } from './circles.js';

it('no files of src import each other in a circle', () => {
  expect(findCircles(readImports(join(import.meta.dirname, '..', 'src')))).toEqual([]);
});

it('reads static, dynamic and type-only imports, and re-exports', () => {
  const folder = mkdtempSync(join(tmpdir(), 'imports-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const code = [
    `import { b } from './b.ts';`,
    `import type { C } from './c.ts';`,
    `export * from './d.ts';`,
    `const e = await import('./e.ts');`,
    `type F = import('./f.ts').F;`,
    `import package from 'package';`,
  ];
  for (const name of ['b', 'c', 'd', 'e', 'f']) writeFileSync(join(folder, `${name}.ts`), '');
  writeFileSync(join(folder, 'a.ts'), code.join('\n'));
  expect(readImports(folder).get('a.ts')?.toSorted()).toEqual(['b.ts', 'c.ts', 'd.ts', 'e.ts', 'f.ts']);
});

it('finds each circle once, and nothing where files are shared', () => {
  const shared = { a: ['b', 'c'], b: ['d'], c: ['d'], d: [] };
  expect(findCircles(new Map(Object.entries(shared)))).toEqual([]);
  const circles = { a: ['b'], b: ['c', 'd'], c: ['a'], d: ['d'] };
  expect(findCircles(new Map(Object.entries(circles)))).toEqual(['a → b → c → a', 'd → d']);
});

// Finds files that import each other in a circle, by value or by type alone.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

/**
 * The relative imports of every TypeScript file below a folder: static, dynamic and type-only.
 *
 * @param {string} root
 * @returns {Map<string, string[]>} each file, and the files it imports; paths are relative to `root`
 */
export function readImports(root) {
  const files = new Set(globSync('**/*.{ts,tsx}', { cwd: root }));
  /** @param {string} file */
  const importsOf = (file) =>
    ts
      .preProcessFile(readFileSync(join(root, file), 'utf8'))
      .importedFiles.map(({ fileName }) => normalize(join(dirname(file), fileName)))
      .filter((imported) => files.has(imported));
  return new Map(Array.from(files, (file) => [file, importsOf(file)]));
}

/**
 * The circles in a graph of imports, one for each import that leads back to a file on the path to it.
 *
 * @param {ReadonlyMap<string, readonly string[]>} imports
 * @returns {string[]} such as `a.ts → b.ts → a.ts`
 */
export function findCircles(imports) {
  const circles = [];
  const visited = new Set();

  /** @param {string} file @param {readonly string[]} path the files that led here */
  function walk(file, path) {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (visited.has(file)) return;
    visited.add(file);
    for (const imported of imports.get(file) ?? []) walk(imported, [...path, file]);
  }

  for (const file of imports.keys()) walk(file, []);
  return circles;
}

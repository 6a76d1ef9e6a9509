// Holds the files of messages against each other, and against the code that uses them.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { m } from '#messages';
import { languages } from './language.ts';

const folder = import.meta.dirname;
const source = join(folder, '..');
const settings = JSON.parse(readFileSync(join(folder, 'project.inlang/settings.json'), 'utf8')) as {
  readonly locales: readonly string[];
  readonly 'plugin.inlang.messageFormat': { readonly pathPattern: readonly string[] };
};
const files = globSync('*.en.json', { cwd: folder }).map((name) => name.replace('.en.json', ''));

/** The messages of a file in one language, each as JSON: a text, or an array with its variants. */
function messagesOf(file: string, language: string): Readonly<Record<string, string>> {
  const text = readFileSync(join(folder, `${file}.${language}.json`), 'utf8');
  const parsed = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(parsed).map(([key, message]) => [key, JSON.stringify(message)]));
}

/** The names in braces, without those that a message declares itself. */
function valuesIn(message: string): string[] {
  const names = [...message.matchAll(/(?<!\\)\{(\w+)\}/g), ...message.matchAll(/"input (\w+)"/g)];
  return [...new Set(names.map(([, name = '']) => name))].sort();
}

const english = Object.assign({}, ...files.map((file) => messagesOf(file, 'en'))) as Readonly<Record<string, string>>;

describe('the files of messages', () => {
  it('are all known to the compiler and to the types', () => {
    const patterns = settings['plugin.inlang.messageFormat'].pathPattern;
    expect(patterns.toSorted()).toEqual(files.map((file) => `./${file}.{locale}.json`).toSorted());
    const types = readFileSync(join(folder, 'messages.d.ts'), 'utf8');
    expect(files.filter((file) => !types.includes(`'./${file}.en.json'`))).toEqual([]);
    expect(settings.locales).toEqual([...languages]);
  });

  it.each(files)('%s has the same messages with the same values in each language', (file) => {
    for (const language of languages) {
      const translated = messagesOf(file, language);
      expect(Object.keys(translated).toSorted(), language).toEqual(Object.keys(messagesOf(file, 'en')).toSorted());
      for (const [key, message] of Object.entries(translated)) {
        expect(valuesIn(message), `${key} in ${language}`).toEqual(valuesIn(english[key] ?? ''));
      }
    }
  });

  it.each(files)('%s keeps values and their units together, and an ellipsis with its word', (file) => {
    const apart = /[\d}] (?:fps|ms|s|min|h|px|[KMGT]B|× [\d{])(?!\p{L})| …/u;
    for (const language of languages) {
      expect(Object.entries(messagesOf(file, language)).filter(([, message]) => apart.test(message))).toEqual([]);
    }
  });

  it.each(files)("%s contains only keys that begin with the file's name", (file) => {
    expect(Object.keys(messagesOf(file, 'en')).filter((key) => !key.startsWith(`${file}_`))).toEqual([]);
  });

  it('say every message in every language', () => {
    for (const [key, message] of Object.entries(english)) {
      const values = Object.fromEntries(valuesIn(message).map((name) => [name, 7]));
      for (const locale of languages) {
        const said = m[key as keyof typeof m](values, { locale });
        expect(said, `${key} in ${locale}`).not.toMatch(/^$|undefined|\[object/);
        expect(said, `${key} in ${locale}`).not.toBe(key);
      }
    }
  });
});

describe('the code', () => {
  /** The names of the values in each call of a message; a message that is passed on is used without being called. */
  const used = new Map<string, string[][]>();
  for (const path of globSync('**/*.{ts,tsx}', { cwd: source, exclude: (name) => name.endsWith('.test.ts') })) {
    for (const [key, values] of usesIn(join(source, path))) {
      used.set(key, [...(used.get(key) ?? []), ...(values === null ? [] : [values])]);
    }
  }

  it('gives each message the values that it names', () => {
    const wrong = [...used].flatMap(([key, uses]) =>
      uses
        .filter((values) => key in english && values.toSorted().join() !== valuesIn(english[key] ?? '').join())
        .map((values) => `${key} gets {${values.join(', ')}} for ${english[key] ?? ''}`),
    );
    expect(wrong).toEqual([]);
  });

  it('uses every message', () => {
    const computed = /^error_|^common_|^driver_/;
    expect(Object.keys(english).filter((key) => !used.has(key) && !computed.test(key))).toEqual([]);
  });
});

/**
 * The messages that a file says, `m.KEY({ … })` and `sentence('KEY', { … })`, with the names of the values given; null where
 * it passes on `m.KEY`.
 */
function usesIn(path: string): [string, string[] | null][] {
  const uses: [string, string[] | null][] = [];
  const visit = (node: ts.Node): void => {
    const key = ts.isCallExpression(node) ? keyOf(node) : null;
    if (key !== null) {
      const given = (node as ts.CallExpression).arguments.find(ts.isObjectLiteralExpression);
      uses.push([key, (given?.properties ?? []).map(({ name }) => name?.getText() ?? '…')]);
    }
    if (ts.isPropertyAccessExpression(node) && node.expression.getText() === 'm') uses.push([node.name.text, null]);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true));
  return uses;
}

function keyOf({ expression, arguments: [first] }: ts.CallExpression): string | null {
  if (ts.isPropertyAccessExpression(expression) && expression.expression.getText() === 'm') return expression.name.text;
  if (!ts.isIdentifier(expression) || expression.text !== 'sentence') return null;
  return first !== undefined && ts.isStringLiteral(first) ? first.text : null;
}

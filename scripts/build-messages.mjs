// Compiles the messages of `src/messages/` into `src/messages/compiled/`: `node scripts/build-messages.mjs HASH`, where HASH
// is that of the messages. Types need none of it (src/messages/messages.d.ts); everything that runs does.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileProject } from '@inlang/paraglide-js';
import { loadProjectFromDirectory } from '@inlang/sdk';
import { root } from './install.mjs';

const source = join(root, 'src', 'messages');
const compiled = join(source, 'compiled');

/** Stands in for Paraglide's runtime of 60 KB, which negotiates languages in browsers: here the server does that. */
const runtime = `export { currentLanguage as getLocale } from '../language.ts';
export const experimentalStaticLocale = undefined;
`;

/** What follows the data in `all.js`. */
const speak = `
/** A message's values, by their names in braces. */
const inBraces = /\\{(\\w+)\\}/g;

/** Every message by its key. */
export const m = {};
for (const key of Object.keys(texts.en)) {
  m[key] = (values = {}, { locale = currentLanguage() } = {}) => {
    const text = texts[locale][key];
    if (text === null) return choices[locale][key](values);
    return text.includes('{') ? text.replace(inBraces, (_, name) => values[name]) : text;
  };
}
`;

/** Paraglide's tools also write notes of their own next to the settings, which nothing here needs. */
const reading = {
  ...fs,
  writeFileSync: () => {},
  promises: { ...fs.promises, writeFile: async () => {}, mkdir: async () => {} },
};

const files = await compile();
write(files);
write({ 'all.js': await allMessages(), stamp: process.argv[2] ?? '' });

/** @returns the compiled files, by their paths in `compiled/` */
async function compile() {
  const project = await loadProjectFromDirectory({ path: join(source, 'project.inlang'), fs: reading });
  const errors = await project.errors.get();
  if (errors.length > 0) throw new AggregateError(errors, `The messages cannot be read: ${errors[0].message}`);
  const output = await compileProject({ project, compilerOptions: { outputStructure: 'locale-modules' } });
  await project.close();
  const used = Object.entries(output).filter(([path]) => /^(messages\/(?!_)|registry\.js$)/.test(path));
  return { ...Object.fromEntries(used), 'runtime.js': runtime };
}

/**
 * All messages of all languages as data, for programs that need them by their keys. 2,500 functions would take 10 MB in
 * each process and thread, most of it while they are loaded.
 *
 * @returns the module
 */
async function allMessages() {
  const languages = Object.keys(files).flatMap((path) => /^messages\/(.+)\.js$/.exec(path)?.[1] ?? []);
  const texts = [];
  const choices = [];
  for (const language of languages) {
    const messages = Object.entries(await import(pathToFileURL(join(compiled, 'messages', `${language}.js`)).href));
    const data = messages.map(([key, message]) => [key, isChoice(message) ? null : textOf(key, message)]);
    const chosen = messages.filter(([, message]) => isChoice(message));
    // V8 parses JSON in half the time of JavaScript.
    texts.push(`  ${language}: JSON.parse(${JSON.stringify(JSON.stringify(Object.fromEntries(data)))}),\n`);
    choices.push(`  ${language}: {\n${chosen.map(([key, message]) => `    ${key}: ${message},\n`).join('')}  },\n`);
  }
  return [
    "import { currentLanguage } from '../language.ts';\nimport * as registry from './registry.js';\n",
    `\n/** Texts with the names of values in braces; null for those of which values choose one. */\n`,
    `const texts = {\n${texts.join('')}};\nconst choices = {\n${choices.join('')}};\n`,
    speak,
  ].join('');
}

/** True for a message whose values choose among texts, such as by the plural rules of the language. */
function isChoice(message) {
  return String(message).includes('registry.');
}

/** The text of a message with the names of its values in braces. */
function textOf(key, message) {
  const names = new Set();
  const reader = (value) => new Proxy({}, { get: (_, name) => (names.add(name), value(name)) });
  const text = message(reader((name) => `{${String(name)}}`));
  // A brace in the text itself would be read as the beginning of a name.
  const braces = text.split('{').length - 1;
  const inside = message(reader(() => '')).includes('{');
  if (inside || (braces > 0 && names.size === 0)) throw new Error(`The message ${key} contains a brace.`);
  return text;
}

/** Writes the files in their order. A file is replaced in one step: other processes may be reading it. */
function write(files) {
  fs.mkdirSync(join(compiled, 'messages'), { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    const fresh = join(compiled, `.fresh-${process.pid}`);
    fs.writeFileSync(fresh, text);
    fs.renameSync(fresh, join(compiled, path));
  }
}

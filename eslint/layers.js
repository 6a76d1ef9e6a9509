// Imports point down only. This is the one table of who may import what; the rule below holds every import against it.
import { dirname, relative, resolve, sep } from 'node:path';

/**
 * What each part of src/ (a folder, or a file beside the folders) may import from other parts: `imports` anything,
 * `types` only types. Its own files are always allowed.
 *
 * @type {Record<string, { imports?: readonly string[], types?: readonly string[] }>}
 */
export const layers = {
  messages: {},
  domain: { imports: ['messages'] },
  formats: { imports: ['messages', 'domain'] },
  text: { imports: ['messages', 'domain'] },
  channel: { imports: ['domain'] },
  network: { imports: ['messages', 'domain', 'formats', 'text'] },
  capture: { imports: ['messages', 'domain', 'formats', 'text', 'channel', 'network'] },
  fanout: { imports: ['domain', 'formats'] },
  store: { imports: ['messages', 'domain'] },
  http: { imports: ['messages', 'domain', 'text', 'store'], types: ['pages', 'accounts'] },
  accounts: { imports: ['messages', 'domain', 'text', 'store', 'http'], types: ['pages'] },
  cameras: {
    imports: ['messages', 'domain', 'formats', 'text', 'channel', 'network', 'fanout', 'store', 'http', 'accounts'],
    types: ['pages'],
  },
  outputs: {
    imports: ['messages', 'domain', 'formats', 'text', 'fanout', 'cameras', 'accounts', 'http'],
    types: ['pages'],
  },
  photos: { imports: ['messages', 'domain', 'text', 'store', 'cameras', 'accounts', 'http'], types: ['pages'] },
  pages: { imports: ['messages', 'domain', 'text'] },
  browser: { imports: ['messages', 'domain', 'text'] },
  config: { imports: ['domain'] },
  log: { imports: ['config', 'domain'] },
  app: {
    imports: ['config', 'http', 'accounts', 'cameras', 'photos', 'outputs', 'fanout', 'store', 'domain'],
    types: ['pages', 'channel'],
  },
  cli: {
    imports: ['messages', 'app', 'log', 'config', 'http', 'accounts', 'cameras', 'photos', 'store', 'domain', 'text'],
  },
  main: { imports: ['app', 'log', 'config', 'store', 'channel', 'domain'] },
};

/**
 * Packages that only some parts may import, with those below them (`node-av/lib`); tests may import any.
 *
 * @type {Record<string, readonly string[]>}
 */
export const packages = {
  'node-av': ['capture'],
  koffi: ['channel', 'capture', 'cameras', 'http', 'fanout'],
  'node-datachannel': ['outputs'],
  fastify: ['http', 'accounts', 'cameras', 'photos', 'outputs', 'app'],
  '@fastify': ['http', 'outputs'],
  onvif: ['cameras'],
  kysely: ['store', 'accounts', 'cameras', 'photos'],
  pg: ['store'],
  'node:sqlite': ['store'],
};

/** @type {import('eslint').Rule.RuleModule} */
export const rule = {
  meta: {
    type: 'problem',
    docs: { description: 'imports point down only, by the table in eslint/layers.js' },
    messages: {
      unknown: 'src/{{from}} stands in no layer. Give it its line in eslint/layers.js.',
      layer: 'src/{{from}} may not import src/{{to}}: imports point down only (eslint/layers.js).',
      value: 'src/{{from}} may import only types from src/{{to}} (eslint/layers.js).',
      outside: 'src imports nothing from outside src.',
      package: 'Only {{allowed}} may import {{name}} (eslint/layers.js).',
    },
    schema: [],
  },
  create(context) {
    const from = partOf(context.filename, context.cwd);
    if (from === null) return {};
    const isTest = /\.test\.tsx?$/.test(context.filename);

    /** @param {any} node @param {any} source @param {boolean} typesOnly */
    function check(node, source, typesOnly) {
      if (typeof source?.value !== 'string') return;
      const problem = source.value.startsWith('.')
        ? pathProblem(from, resolve(dirname(context.filename), source.value), context.cwd, typesOnly, isTest)
        : packageProblem(from, source.value, isTest);
      if (problem !== null) context.report({ node, ...problem });
    }

    return {
      Program(node) {
        if (layers[from] === undefined) context.report({ node, messageId: 'unknown', data: { from } });
      },
      ImportDeclaration: (node) => check(node, node.source, onlyTypes(node)),
      ExportNamedDeclaration: (node) => check(node, node.source, onlyTypes(node)),
      ExportAllDeclaration: (node) => check(node, node.source, onlyTypes(node)),
      ImportExpression: (node) => check(node, node.source, false),
      TSImportType: (node) => check(node, node.source, true),
    };
  },
};

/** The part of src/ that a file belongs to: the folder's name, or the file's without its endings; null outside src/. */
function partOf(filename, cwd) {
  const [top, part, ...below] = relative(cwd, filename).split(sep);
  if (top !== 'src' || part === undefined) return null;
  return below.length > 0 ? part : part.replace(/\..*$/, '');
}

/** What is wrong with importing a file, or null. */
function pathProblem(from, path, cwd, typesOnly, isTest) {
  const to = partOf(path, cwd);
  // Tests share helpers that stand outside src/.
  if (to === null) return isTest ? null : { messageId: 'outside' };
  const { imports = [], types = [] } = layers[from] ?? {};
  if (to === from || imports.includes(to)) return null;
  if (!types.includes(to)) return { messageId: 'layer', data: { from, to } };
  return typesOnly ? null : { messageId: 'value', data: { from, to } };
}

/** What is wrong with importing a package, or null. */
function packageProblem(from, specifier, isTest) {
  const name = Object.keys(packages).find((each) => specifier === each || specifier.startsWith(`${each}/`));
  if (name === undefined || isTest || packages[name].includes(from)) return null;
  const allowed = packages[name].map((each) => `src/${each}`).join(', ');
  return { messageId: 'package', data: { allowed, name: specifier } };
}

/** True if an import or export statement moves nothing but types. */
function onlyTypes(node) {
  if (node.importKind === 'type' || node.exportKind === 'type') return true;
  const specifiers = node.specifiers ?? [];
  return specifiers.length > 0 && specifiers.every((each) => each.importKind === 'type' || each.exportKind === 'type');
}

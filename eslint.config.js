// What `npm run check` holds the code to. Types are checked by tsc; here is what it cannot say.
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';
import { rule as layers } from './eslint/layers.js';

const typescript = ['**/*.ts', '**/*.tsx'];

/** Shells interpret what they are given: no program is started through one. */
const noShell = {
  'no-restricted-imports': [
    'error',
    {
      paths: ['node:child_process', 'child_process'].map((name) => ({
        name,
        importNames: ['exec', 'execSync', 'default'],
        message: 'Start programs without a shell: spawn, fork or execFile.',
      })),
    },
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector: 'CallExpression > ObjectExpression > Property[key.name="shell"]:not([value.value=false])',
      message: 'Start programs without a shell.',
    },
  ],
};

export default defineConfig(
  { ignores: ['node_modules/', 'dist/', 'data/', 'coverage/', 'src/messages/compiled/'] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    rules: {
      ...noShell,
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'prefer-const': 'error',
      'object-shorthand': 'error',
    },
  },
  {
    files: typescript,
    extends: [tseslint.configs.recommendedTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // An interface that promises asynchrony may have an implementation that needs none.
      '@typescript-eslint/require-await': 'off',
      // Interfaces and types each have their place.
      '@typescript-eslint/consistent-type-definitions': 'off',
      // An empty name or text is as good as none in many places here.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      '@typescript-eslint/no-empty-function': 'off',
      // A cast and an exclamation mark say the same; the cast names the type.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
    },
  },
  {
    files: ['src/**'],
    plugins: { porthole: { rules: { layers } } },
    rules: {
      'porthole/layers': 'error',
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/config/config.ts', 'src/**/*.test.ts', 'src/**/*.test.tsx'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config/config.ts reads the environment.' },
      ],
    },
  },
  {
    // Cameras and clients choose what is matched: no text of theirs may keep the server busy for hours.
    files: ['src/**'],
    ignores: ['**/*.test.ts', '**/*.test.tsx'],
    plugins: { regexp },
    rules: { 'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }] },
  },
  {
    // What runs on the command line speaks to the terminal.
    files: ['src/main.ts', 'src/cli/main.ts', 'src/capture/main.ts', 'scripts/**', 'bench/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        ['console', 'process', 'Buffer', 'URL', 'setTimeout', 'clearTimeout', 'fetch', 'performance'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
  },
);

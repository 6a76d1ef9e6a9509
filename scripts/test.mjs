// `npm test`: brings packages and build up to date, then runs all checks and tests. `npm test -- PATTERN …` runs only the
// tests whose path matches; the arguments go to Vitest. `npm run check`: the checks and unit tests, for before a commit.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findChromium, needChromium } from './chromium.mjs';
import { exitCodeOf, nodePath, prepare, root } from './install.mjs';

const args = process.argv.slice(2);
const checkOnly = args[0] === '--check';
const patterns = checkOnly ? [] : args;
const everything = !checkOnly && patterns.length === 0;

prepare({ developing: true });

const node = nodePath();
const bin = join(root, 'node_modules', '.bin');
const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
const folder = mkdtempSync(join(tmpdir(), 'porthole-test-'));
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];

if (checkOnly || everything) {
  step('format', 'prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']);
  step('lint', 'eslint/bin/eslint.js', ['--max-warnings=0', '.']);
  step('types', 'typescript/bin/tsc', ['-p', '.']);
}
if (patterns.length > 0) {
  tests(null, { atOnce: 3, more: { PORTHOLE_CHROMIUM: findChromium() ?? '' } });
} else {
  tests('unit');
}
if (everything) {
  const chromium = needChromium();
  const browser = { PORTHOLE_CHROMIUM: chromium ?? '' };
  const drivers = testsInBackground('drivers');
  // Most of these tests mostly wait.
  tests('integration', { atOnce: 3 });
  if (chromium !== null) tests('pages', { atOnce: 3, more: browser });
  tests('measuring');
  if (chromium !== null) tests('e2e', { more: browser });
  await drivers;
}
if (patterns.length > 0 && failures.length === 0 && counts.passed + counts.failed + counts.skipped === 0) {
  failures.push(`no test matches ${patterns.join(' ')}`);
}
rmSync(folder, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`);
console.log(`tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = failures.length > 0 ? 1 : 0;

/** Runs a tool of node_modules and records a failure. */
function step(name, tool, toolArgs, more = {}) {
  console.log(`\n— ${name}`);
  const code = exitCodeOf(node, [join(root, 'node_modules', tool), ...toolArgs], { env: { ...env, ...more } });
  if (code !== 0) failures.push(name);
  // Interrupted or terminated: skip the rest.
  if (code === 130 || code === 143) process.exit(code);
}

/**
 * Runs the tests of one project of vitest.config.ts, or of all, and adds up the results.
 *
 * @param {string | null} project null for all, which takes one start of Vitest
 * @param {{ atOnce?: number, more?: Record<string, string> }} options how many files may run at once, if not the
 *   project's own number; variables to add to the environment
 */
function tests(project, { atOnce, more = {} } = {}) {
  const { report, args } = vitestOf(project);
  const vitest = atOnce === undefined ? args : [...args, `--maxWorkers=${atOnce}`];
  const failuresBefore = failures.length;
  step(`${project ?? 'matching'} tests`, 'vitest/vitest.mjs', vitest, more);
  count(report, failures.length > failuresBefore);
}

/**
 * Runs the tests of one project in the background with low priority, where nice(1) exists, and prints their output at the
 * end. They cache nothing in the tree, since another test checks that the tree does not change.
 */
async function testsInBackground(project) {
  const { report, args: vitest } = vitestOf(project);
  const cacheNothing = ['--no-cache', '--no-fsModuleCache'];
  const log = join(folder, `${project}.log`);
  const output = openSync(log, 'w');
  const command = [node, join(root, 'node_modules', 'vitest/vitest.mjs'), ...vitest, ...cacheNothing];
  const [program, ...programArgs] = existsSync('/usr/bin/nice') ? ['/usr/bin/nice', '-n', '19', ...command] : command;
  const child = spawn(program, programArgs, { cwd: root, env, stdio: ['ignore', output, output] });
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  process.off('exit', end);
  closeSync(output);
  console.log(`\n— ${project} tests\n${readFileSync(log, 'utf8')}`);
  if (code !== 0) failures.push(`${project} tests`);
  count(report, code !== 0);
}

function vitestOf(project) {
  const report = join(folder, `${project}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return {
    report,
    args: ['run', ...(project === null ? [] : ['--project', project]), '--passWithNoTests', ...reporters, ...patterns],
  };
}

function count(report, failed) {
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  counts.passed += result.numPassedTests ?? 0;
  counts.skipped += (result.numPendingTests ?? 0) + (result.numTodoTests ?? 0);
  // A file that cannot be loaded, or an error outside of a test, counts as a failure.
  counts.failed += Math.max(result.numFailedTests ?? 0, failed ? 1 : 0);
}

// `npm test`: brings packages and build up to date, then runs all checks and tests. `npm test -- PATTERN …` runs only the
// tests whose path matches; the arguments go to Vitest. `npm run check`: the checks and unit tests, for before a commit.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
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
/** Test files that failed while others ran beside them, which may take a file longer than it allows. */
const again = [];
let reports = 0;

// The machines are slow and tolerate delays: they start first.
const drivers = everything ? testsInBackground('drivers') : null;
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
  // Most of these tests mostly wait.
  tests('integration', { atOnce: 3 });
  if (chromium !== null) tests('pages', { atOnce: 3, more: browser });
  tests('measuring');
  if (chromium !== null) tests('e2e', { more: browser });
  await drivers;
  for (const { project, file, more } of again.splice(0)) testsAlone(project, file, more);
}
if (patterns.length > 0 && failures.length === 0 && counts.passed + counts.failed + counts.skipped === 0) {
  failures.push(`no test matches ${patterns.join(' ')}`);
}
rmSync(folder, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`);
console.log(`tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = failures.length > 0 ? 1 : 0;

/** Runs a tool of node_modules and records a failure. */
function step(name, tool, toolArgs) {
  if (run(name, tool, toolArgs) !== 0) failures.push(name);
}

/** Runs a tool of node_modules. @returns its exit code */
function run(name, tool, toolArgs, more = {}) {
  console.log(`\n— ${name}`);
  const code = exitCodeOf(node, [join(root, 'node_modules', tool), ...toolArgs], { env: { ...env, ...more } });
  // Interrupted or terminated: skip the rest.
  if (code === 130 || code === 143) process.exit(code);
  return code;
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
  const name = `${project ?? 'matching'} tests`;
  const code = run(name, 'vitest/vitest.mjs', vitest, more);
  count(name, report, code, everything ? { project, more } : null);
}

/** Runs a test file that has failed once more, with nothing beside it. What fails now has failed. */
function testsAlone(project, file, more) {
  const name = `${relative(root, file)} once more, alone`;
  const { report, args } = vitestOf(project, { patterns: [file] });
  const code = run(name, 'vitest/vitest.mjs', args, more);
  count(name, report, code, null);
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
  count(`${project} tests`, report, code, { project, more: {} });
}

function vitestOf(project, { patterns: only = patterns } = {}) {
  reports += 1;
  const report = join(folder, `${reports}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return {
    report,
    args: ['run', ...(project === null ? [] : ['--project', project]), '--passWithNoTests', ...reporters, ...only],
  };
}

/**
 * Adds up the results of a run, and records its failure.
 *
 * @param {{ project: string | null, more: Record<string, string> } | null} retry how to run the files that failed once
 *   more, alone, which then decides; null if what failed has failed
 */
function count(name, report, code, retry) {
  const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : {};
  const failed = (result.testResults ?? []).filter(({ status }) => status === 'failed');
  // An error outside of a test is in no file.
  const mayRetry = retry !== null && failed.length > 0;
  const counted = (result.testResults ?? []).filter((file) => !mayRetry || !failed.includes(file));
  const results = counted.flatMap(({ assertionResults }) => assertionResults);
  const failedTests = results.filter(({ status }) => status === 'failed').length;
  counts.passed += results.filter(({ status }) => status === 'passed').length;
  counts.failed += mayRetry || code === 0 ? failedTests : Math.max(failedTests, 1);
  counts.skipped += results.filter(({ status }) => !['passed', 'failed'].includes(status)).length;
  if (mayRetry) again.push(...failed.map(({ name: file }) => ({ ...retry, file })));
  else if (code !== 0) failures.push(name);
}

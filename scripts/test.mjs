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
const folder = mkdtempSync(join(tmpdir(), 'porthole-test-'));
const env = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
  // Tests start some hundred servers: the built tree, whose compiled code is kept, starts in a third of the time.
  PORTHOLE_TEST_BUILT: '1',
  NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
};
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
/** Test files that failed, perhaps because the machine was busy with others. */
const again = [];
/** If more files fail, a busy machine is not the reason. */
const longestAgain = 4;
let reports = 0;

// The machines are slow and tolerate delays: they start first.
const drivers = everything ? testsInBackground('drivers') : null;
if (patterns.length > 0) {
  tests(null, { atOnce: 3, more: { PORTHOLE_CHROMIUM: findChromium() ?? '' } });
} else {
  // One core each, next to the unit tests.
  const steps = [
    stepInBackground('format', 'prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']),
    stepInBackground('lint', 'eslint/bin/eslint.js', ['--max-warnings=0', '.']),
    stepInBackground('types', 'typescript/bin/tsc', ['-p', '.']),
  ];
  tests('unit', { atOnce: 2 });
  await Promise.all(steps);
}
if (everything) {
  const chromium = needChromium();
  const browser = { PORTHOLE_CHROMIUM: chromium ?? '' };
  // Most of these tests mostly wait.
  tests('integration', { atOnce: 5 });
  if (chromium !== null) tests('pages', { atOnce: 3, more: browser });
  tests('measuring');
  if (chromium !== null) tests('e2e', { atOnce: 2, more: browser });
  await drivers;
  if (again.length > longestAgain) addUp(again);
  else for (const each of again) testsAlone(each);
}
if (patterns.length > 0 && failures.length === 0 && counts.passed + counts.failed + counts.skipped === 0) {
  failures.push(`no test matches ${patterns.join(' ')}`);
}
rmSync(folder, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nFailed: ${failures.join(', ')}`);
console.log(`tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = failures.length > 0 ? 1 : 0;

/** Runs a tool of node_modules in the background, and records a failure. */
async function stepInBackground(name, tool, toolArgs) {
  if ((await inBackground(name, tool, toolArgs)) !== 0) failures.push(name);
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
  const vitest = vitestOf(project);
  const args = atOnce === undefined ? vitest.args : [...vitest.args, `--maxWorkers=${atOnce}`];
  const name = `${project ?? 'matching'} tests`;
  const code = run(name, 'vitest/vitest.mjs', args, { ...more, ...vitest.env });
  decide(readReport(name, vitest.report, code), project, more);
}

/** Adds up the results of files; those that failed decide alone, at the end of a run of everything. */
function decide(files, project, more = {}) {
  addUp(files.filter(({ ok }) => ok || !everything));
  if (everything) again.push(...files.filter(({ ok }) => !ok).map((file) => ({ ...file, project, more })));
}

/** Runs a test file that has failed once more, with nothing beside it. What fails now has failed. */
function testsAlone({ project, path, more }) {
  const name = relative(root, path);
  const { report, args, env: own } = vitestOf(project, { patterns: [path] });
  const code = run(`${name} once more, alone`, 'vitest/vitest.mjs', args, { ...more, ...own });
  const files = readReport(name, report, code);
  addUp(files);
  // A path that Vitest does not find would pass.
  if (!files.some((file) => file.path === path)) failures.push(name);
  else if (files.every(({ ok }) => ok)) console.log(`${name} failed next to others and passed alone.`);
}

/**
 * Runs the tests of one project in the background with low priority, where nice(1) exists. They cache nothing in the tree,
 * since another test checks that the tree does not change.
 */
async function testsInBackground(project) {
  const name = `${project} tests`;
  const { report, args, env: own } = vitestOf(project);
  const cacheNothing = ['--no-cache', '--no-fsModuleCache'];
  const code = await inBackground(name, 'vitest/vitest.mjs', [...args, ...cacheNothing], { more: own, isNice: true });
  decide(readReport(name, report, code), project);
}

/** Runs a tool of node_modules in the background, and prints its output at the end. @returns its exit code */
async function inBackground(name, tool, toolArgs, { more = {}, isNice = false } = {}) {
  const log = join(folder, `${name}.log`);
  const output = openSync(log, 'w');
  const nice = isNice && existsSync('/usr/bin/nice') ? ['/usr/bin/nice', '-n', '19'] : [];
  const [program, ...args] = [...nice, node, join(root, 'node_modules', tool), ...toolArgs];
  const child = spawn(program, args, { cwd: root, env: { ...env, ...more }, stdio: ['ignore', output, output] });
  const end = () => child.kill('SIGTERM');
  process.once('exit', end);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  process.off('exit', end);
  closeSync(output);
  console.log(`\n— ${name}\n${readFileSync(log, 'utf8')}`);
  return code;
}

function vitestOf(project, { patterns: only = patterns } = {}) {
  reports += 1;
  const report = join(folder, `${reports}.json`);
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/test-report.mjs')}`];
  return {
    report,
    args: ['run', ...(project === null ? [] : ['--project', project]), '--passWithNoTests', ...reporters, ...only],
    env: { PORTHOLE_TEST_REPORT: report },
  };
}

/**
 * Reads the report of a run, and records its failure unless that is the failure of some files.
 *
 * @returns its files (scripts/test-report.mjs)
 */
function readReport(name, report, code) {
  const { files, errors } = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : { files: [], errors: 1 };
  if (errors > 0 || (code !== 0 && files.every(({ ok }) => ok))) {
    failures.push(name);
    counts.failed += 1;
  }
  return files;
}

/** Adds the results of files to the result of everything. */
function addUp(files) {
  for (const { path, ok, passed, failed, skipped } of files) {
    counts.passed += passed;
    counts.failed += ok ? 0 : Math.max(failed, 1);
    counts.skipped += skipped;
    if (!ok) failures.push(relative(root, path));
  }
}

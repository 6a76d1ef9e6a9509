import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { gridPages } from './grid-pages.ts';
import { https } from './https.ts';
import { inTurns, type TurnCost } from './in-turns.ts';
import { manyCameras } from './many-cameras.ts';
import { measure, type Load, type Measurement } from './load.ts';
import { memory } from './memory.ts';
import { pages } from './pages.ts';
import { pausedPage } from './paused-page.ts';
import {
  isPorthole,
  npmStartIn,
  portholeIn,
  startPorthole,
  startRawlimit,
  startUstreamer,
  type StartPorthole,
  type StartServer,
} from './servers.ts';
import { sharedEncodes } from './shared-encodes.ts';
import { makeTools, type Tools } from './tools.ts';

/**
 * `npm run bench`: Porthole compared with plain write() and, where it is installed, ustreamer, in one run on one machine.
 * The server runs on core 0, the viewers on core 1. Writes RESULTS.md next to this file.
 *
 * These options only print: `--quick`; `--only PART` for scenarios whose title contains PART (may be repeated);
 * `--against DIR`, which compares with the Porthole of another checkout, in the same turns and rounds. Two processes of
 * the same build differ by up to a fifth: small differences show in the median of ten rounds.
 */

/** A load, and the servers that are measured under it in turn. */
interface Scenario {
  readonly title: string;
  readonly runs: readonly { readonly start: StartServer; readonly load: Load }[];
}

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    viewers: { type: 'string' },
    cameras: { type: 'string' },
    rounds: { type: 'string' },
    only: { type: 'string', multiple: true, default: [] },
    against: { type: 'string' },
  },
});
const seconds = options.quick ? 3 : 8;
// V8 optimises code that runs thirty times per second only after a while. Until then a frame costs a quarter more. The other
// servers are compiled ahead of time.
const warmup = options.quick ? 2 : 45;
const warmupOfOthers = 5;
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3));
const steps = (options.viewers ?? '1,100,300,600,900').split(',').map(Number);
const cameras = (options.cameras ?? '1,4,16,64').split(',').map(Number);
/** How many turns each server has in the scenarios that are measured in turns. */
const turns = options.quick ? 3 : 16;
/** The name in tables of the Porthole that `--against DIR` names; null without the option. */
const other = options.against === undefined ? null : `porthole (${options.against})`;
/** Porthole of this checkout and, with `--against`, of the other one. */
const portholes: readonly StartPorthole[] =
  options.against === undefined || other === null
    ? [startPorthole]
    : [startPorthole, portholeIn(resolve(options.against), other)];
/** The same checkout as {@link StartPorthole}, with npm. */
function byNpm(start: StartPorthole): StartPorthole {
  const folder =
    start === startPorthole ? fileURLToPath(new URL('../', import.meta.url)) : resolve(options.against ?? '');
  return npmStartIn(folder, start === startPorthole ? 'porthole' : (other ?? ''));
}

/** About as many viewers as one core can serve, and more. */
const beyond = [2_000, 3_000, 4_000, 5_000];

function scenarios(): Scenario[] {
  const loads = (viewers: number) => ({ viewers, seconds, warmup, open: true });
  const common = loads(300);
  return [
    ...steps.map((viewers) => ({ title: `${viewers} viewers`, runs: everyone(loads(viewers)) })),
    ...beyond.map((viewers) => ({
      title: `${viewers} viewers`,
      runs: [startRawlimit, startPorthole].map((start) => ({ start, load: { ...loads(viewers), pages: true } })),
    })),
    {
      title: '300 viewers of each output format',
      runs: [
        { start: startRawlimit, load: common },
        { start: startPorthole, load: common },
        { start: startPorthole, load: { ...common, websocket: true } },
      ],
    },
    ...[1, 60, 200].map((viewers) => ({
      title: `${viewers} viewers of each transport`,
      runs: [
        { start: startPorthole, load: loads(viewers) },
        { start: startPorthole, load: { ...loads(viewers), websocket: true } },
        { start: startPorthole, load: { ...loads(viewers), h264: true } },
        { start: startPorthole, load: { ...loads(viewers), webrtc: true } },
      ],
    })),
    {
      title: '225 viewers, and 75 that read one frame per second',
      runs: [
        { start: startRawlimit, load: loads(225) },
        { start: startPorthole, load: loads(225) },
        { start: startPorthole, load: { ...loads(225), slow: 75 } },
      ],
    },
    {
      title: '600 viewers at the same instant',
      runs: everyone({ viewers: 600, seconds: 2, warmup: 1, open: true }),
    },
    {
      title: '600 viewers at the same instant, second time',
      runs: [startRawlimit, startPorthole].map((start) => ({
        start,
        load: { viewers: 600, seconds: 2, warmup: 1, open: true, again: true },
      })),
    },
  ];
}

function everyone(load: Load): Scenario['runs'] {
  return [
    { start: startRawlimit, load },
    { start: startPorthole, load },
    { start: startUstreamer, load },
  ];
}

/** The scenario with the same load for each checkout of Porthole. */
function forEachPorthole({ title, runs }: Scenario): Scenario {
  return {
    title,
    runs: runs.flatMap((run) => (run.start === startPorthole ? portholes.map((start) => ({ ...run, start })) : [run])),
  };
}

/** The scenarios that are measured in turns: the servers, and the output formats of Porthole. */
function turnScenarios(): Scenario[] {
  const load = (viewers: number) => ({ viewers, seconds, warmup });
  if (options.quick) {
    const runs = [startRawlimit, startPorthole].map((start) => ({ start, load: load(50) }));
    return [{ title: '50 viewers, in turns', runs }];
  }
  const each = steps.filter((viewers) => viewers > 1);
  const floor = { start: startRawlimit, load: load(300) };
  const [multipart, websocket] = [false, true].map((websocket) => ({
    start: startPorthole,
    load: { ...load(300), websocket },
  })) as [Scenario['runs'][number], Scenario['runs'][number]];
  // At most three servers take turns: see in-turns.ts.
  if (other !== null) {
    return [
      ...each.map((viewers) => ({
        title: `${viewers} viewers, in turns`,
        runs: everyone(load(viewers)).filter(({ start }) => start !== startUstreamer),
      })),
      { title: '300 viewers over WebSocket, in turns', runs: [floor, websocket] },
    ];
  }
  return [
    ...each.map((viewers) => ({ title: `${viewers} viewers, in turns`, runs: everyone(load(viewers)) })),
    { title: '300 viewers of each output format, in turns', runs: [floor, multipart, websocket] },
  ];
}

/** Each transport once, in less than a minute and a half. */
function quickScenarios(): Scenario[] {
  const load = { viewers: 50, seconds, warmup };
  return [
    {
      title: '50 viewers',
      runs: [
        { start: startPorthole, load: { ...load, pages: true } },
        { start: startPorthole, load: { ...load, websocket: true } },
      ],
    },
    { title: '50 viewers, and 15 slow ones', runs: [{ start: startPorthole, load: { ...load, slow: 15 } }] },
    {
      title: '100 viewers at the same instant',
      runs: [{ start: startPorthole, load: { viewers: 100, seconds: 2, warmup: 1, open: true } }],
    },
  ];
}

async function main(): Promise<void> {
  if (options.against !== undefined) {
    execFileSync('npm', ['run', 'build'], { cwd: options.against, stdio: ['ignore', 2, 2] });
  }
  const tools = await makeTools();
  try {
    const all = (options.quick ? quickScenarios() : scenarios())
      .filter(({ title }) => isWanted(title))
      .map(forEachPorthole);
    const results = new Map<Scenario, Measurement[]>(all.map((scenario) => [scenario, []]));
    for (let round = 1; round <= rounds; round += 1) {
      for (const scenario of all) {
        // Servers take turns within a scenario, so that a machine that drifts hits them alike.
        for (const run of scenario.runs) await one(scenario, run, tools, results);
      }
    }
    const costs = new Map<string, TurnCost[][]>();
    for (let round = 1; round <= rounds; round += 1) {
      for (const { title, runs } of turnScenarios()
        .filter((scenario) => isWanted(scenario.title))
        .map(forEachPorthole)) {
        // The server that starts last has compiled less of its code.
        const costsNow = await inTurns(round % 2 === 0 ? runs.toReversed() : runs, tools, turns);
        costs.set(title, [...(costs.get(title) ?? []), costsNow]);
        const words = costsNow.map(({ server, usPerFrame }) => `${server} ${usPerFrame.toFixed(1)}`);
        console.error(`${title}: ${words.join(', ')} µs per frame`);
      }
    }
    const parts: string[] = [];
    // Each part is printed as soon as it is complete: a later one may fail.
    const say = (part: string): void => {
      if (part === '') return;
      parts.push(part);
      console.log(`${part}\n`);
    };
    say(all.length > 0 ? report(results) : '');
    say(reportTurns(costs));
    say(transportCosts(results));
    for (const start of portholes) {
      const others = ['three widths', 'a paused page', 'HTTPS', 'pages', 'a grid', 'many cameras', 'memory'];
      if (start !== startPorthole && others.some(isWanted)) say(`The same for ${other}:`);
      if (isWanted('three widths'))
        say(await sharedEncodes(tools, start, options.quick ? 10 : 100, warmup, options.quick ? 3 : 5));
      if (!options.quick && isWanted('a paused page')) say(await pausedPage(tools, start));
      if (!options.quick && isWanted('HTTPS')) say(await https(tools, start, [100, 300, 600, 900]));
      if (!options.quick && isWanted('pages')) say(await pages(tools, start));
      if (!options.quick && isWanted('a grid')) say(await gridPages(tools, start));
      if (!options.quick && isWanted('many cameras')) say(await manyCameras(tools, start, cameras));
      if (!options.quick && isWanted('memory')) say(await memory(tools, byNpm(start)));
    }
    check(results);
    if (!options.quick && options.only.length === 0 && other === null) {
      await writeFile(
        fileURLToPath(new URL('RESULTS.md', import.meta.url)),
        `${heading(tools)}\n${parts.join('\n\n')}\n`,
      );
    }
  } finally {
    await rm(tools.folder, { recursive: true, force: true });
  }
}

/** True if `--only` selects this title, or is not used. */
function isWanted(title: string): boolean {
  return options.only.length === 0 || options.only.some((part) => title.includes(part));
}

async function one(
  scenario: Scenario,
  { start, load }: Scenario['runs'][number],
  tools: Tools,
  results: Map<Scenario, Measurement[]>,
): Promise<void> {
  await using server = await start(tools);
  if (server === null) return;
  // Work that a server does once after its start is not a cost of viewers.
  await sleep(options.quick ? 1_000 : 5_000);
  const warmup = isPorthole(server) ? load.warmup : Math.min(load.warmup, warmupOfOthers);
  const result = await measure(server, tools, { ...load, warmup });
  results.get(scenario)?.push(result);
  console.error(
    `${scenario.title}, ${result.server}: ${result.usPerFrame.toFixed(1)} µs per frame, p99 ${result.lat_p99} ms`,
  );
}

function report(results: ReadonlyMap<Scenario, readonly Measurement[]>): string {
  const lines = [
    '| load | server | served | frames/s worst | median | latency p50 ms | p99 ms | first frame max ms | CPU ms/s | CPU µs/frame | × floor | slowest page ms | RSS MB |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
  ];
  for (const [{ title }, measurements] of results) {
    const floor = measurements.filter(({ server }) => server === 'rawlimit');
    for (const name of new Set(measurements.map(({ server }) => server))) {
      const mine = measurements.filter(({ server }) => server === name);
      if (mine.length === 0) continue;
      const of = (figure: (each: Measurement) => number, digits = 1): string =>
        median(mine.map(figure)).toFixed(digits);
      // Calculated per round, whose servers were measured within a few minutes.
      const ratios = mine.map((each, round) => each.usPerFrame / (floor[round]?.usPerFrame ?? NaN));
      const cells = [
        title,
        name,
        of((each) => each.served, 0),
        of((each) => each.fps_min),
        of((each) => each.fps_med),
        of((each) => each.lat_p50),
        of((each) => each.lat_p99),
        of((each) => each.first_max, 0),
        of((each) => each.cpuMsPerSecond, 0),
        of((each) => each.usPerFrame),
        range(ratios),
        Number.isNaN(mine[0]?.answerMs) ? '' : of((each) => each.answerMs, 0),
        of((each) => each.rssMb, 0),
      ];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  return lines.join('\n');
}

/** The costs measured in turns: the medians of all rounds, and the ratios of each round. */
function reportTurns(costs: ReadonlyMap<string, readonly TurnCost[][]>): string {
  if (costs.size === 0) return '';
  const lines = [
    `| load | server | frames/s | CPU ms/s | CPU µs/frame | × floor | × ${other ?? 'ustreamer'} |`,
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
  ];
  for (const [title, all] of costs) {
    for (const { server: name } of all[0] ?? []) {
      const mine = all.map((round) => costOf(round, name));
      const than = (other: string): string =>
        range(all.map((round) => costOf(round, name).usPerFrame / costOf(round, other).usPerFrame));
      const cells = [
        title,
        name,
        median(mine.map(({ framesPerSecond }) => framesPerSecond)).toFixed(1),
        median(mine.map(({ cpuMsPerSecond }) => cpuMsPerSecond)).toFixed(0),
        median(mine.map(({ usPerFrame }) => usPerFrame)).toFixed(1),
        than('rawlimit'),
        comparedWith(name) === null ? '' : than(comparedWith(name) as string),
      ];
      lines.push(`| ${cells.join(' | ')} |`);
    }
  }
  return lines.join('\n');
}

/** The server that a row of Porthole is compared with: ustreamer or, with `--against`, the same row of the other checkout. */
function comparedWith(name: string): string | null {
  if (other !== null) return /^porthole(,|$)/.test(name) ? name.replace('porthole', other) : null;
  return name === 'porthole' ? 'ustreamer' : null;
}

function costOf(round: readonly TurnCost[], name: string): TurnCost {
  const nothing = { server: name, framesPerSecond: NaN, cpuMsPerSecond: NaN, usPerFrame: NaN };
  return round.find(({ server }) => server === name) ?? nothing;
}

/** The median of some ratios, with the minimum and maximum if there are several. */
function range(ratios: readonly number[]): string {
  const known = ratios.filter((ratio) => !Number.isNaN(ratio));
  if (known.length === 0) return '';
  const words = median(known).toFixed(2);
  if (known.length === 1) return words;
  return `${words} (${Math.min(...known).toFixed(2)}–${Math.max(...known).toFixed(2)})`;
}

/** The cost of each further viewer of a transport, compared with one viewer of the same transport. */
function transportCosts(results: ReadonlyMap<Scenario, readonly Measurement[]>): string {
  const each = [...results].filter(([{ title }]) => title.endsWith('of each transport'));
  const names = new Set(each.flatMap(([, measurements]) => measurements.map(({ server }) => server)));
  const cpu = (measurements: readonly Measurement[], name: string): number =>
    median(measurements.filter(({ server }) => server === name).map(({ cpuMsPerSecond }) => cpuMsPerSecond));
  const [one, ...more] = each;
  if (one === undefined || more.length === 0) return '';
  const viewersOf = (measurements: readonly Measurement[]): number => measurements[0]?.viewers ?? NaN;
  const lines = [
    `| CPU ms/s | 1 viewer | ${more.map(([, measurements]) => `each of ${viewersOf(measurements)} viewers`).join(' | ')} |`,
    `| --- | ---: | ${more.map(() => '---:').join(' | ')} |`,
  ];
  for (const name of names) {
    const alone = cpu(one[1], name);
    const further = more.map(([, measurements]) => (cpu(measurements, name) - alone) / (viewersOf(measurements) - 1));
    lines.push(`| ${name} | ${alone.toFixed(0)} | ${further.map((cost) => cost.toFixed(2)).join(' | ')} |`);
  }
  return lines.join('\n');
}

/** Checks that every viewer was served and that the results are plausible; not how fast, since machines differ. */
function check(results: ReadonlyMap<Scenario, readonly Measurement[]>): void {
  for (const [{ title }, measurements] of results) {
    const mine = measurements.filter(({ server }) => server.startsWith('porthole'));
    if (mine.length === 0) throw new Error(`${title}: Porthole was not measured`);
    for (const { viewers, served, fps_med: frames, usPerFrame } of mine) {
      if (served !== viewers) throw new Error(`${title}: ${served} of ${viewers} viewers received a frame`);
      if (!(frames > 5) || !(usPerFrame > 0))
        throw new Error(`${title}: ${frames} frames/s at ${usPerFrame} µs are not plausible`);
    }
  }
}

function heading(tools: Tools): string {
  const machine = `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${(totalmem() / 1e9).toFixed(0)} GB, Linux ${release().split('.').slice(0, 2).join('.')}`;
  return [
    '# Benchmarks',
    '',
    `${new Date().toISOString().slice(0, 10)}, ${machine}, Node.js ${process.versions.node}. 1280 × 720 MJPEG, passthrough at 30`,
    `frames/s, ${(tools.frameBytes / 1_000).toFixed(1)} KB per frame; server on core 0, viewers on core 1; median of ${rounds} rounds.`,
    '',
    'CPU is that of the whole process tree: for Porthole, the server with accounts, policies and metrics, and the capture',
    'process. The speed of shared machines varies: compare rows of one load, not tables of two days. `rawlimit` is plain',
    '`write()` to each socket, without camera, request or account: no server can be cheaper.',
    '',
  ].join('\n');
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.filter((number) => !Number.isNaN(number)).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

await main();

import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { nameOf, startFanload, type Stats, type Load } from './load.ts';
import { exactCpuMs, treeOf } from './process-tree.ts';
import { isPorthole, type Server, type StartServer } from './servers.ts';
import type { Tools } from './tools.ts';

/**
 * How long a turn takes, and how much of its beginning does not count, in milliseconds. Three turns must fit into the three
 * seconds after which Porthole considers a camera silent. ustreamer drops viewers after ten seconds.
 */
const turn = 1_100;
const settling = 250;
/** Ten seconds after its start, Porthole returns memory that only the start needed, in seconds. */
const leastWarmup = 14;
/** How long the viewers may take to stop counting at the end of a turn, in milliseconds. */
const farewell = 20;

/** The cost of a server under a load, measured in turns with other servers. */
export interface TurnCost {
  readonly server: string;
  /** Frames per second that a viewer received in the measured parts of the server's turns; the median of all viewers. */
  readonly framesPerSecond: number;
  /** CPU time of the whole process tree in the same parts, in milliseconds per second. */
  readonly cpuMsPerSecond: number;
  /** CPU time per frame that reached a viewer, in microseconds. */
  readonly usPerFrame: number;
}

/** A server and its load. */
export interface TurnRun {
  readonly start: StartServer;
  /** Its `warmup` is how long Porthole runs before the first turn. */
  readonly load: Load;
}

/** A server with its viewers. */
interface Bench {
  readonly server: Server;
  readonly load: Load;
  readonly viewers: ChildProcess;
  readonly output: Promise<string>;
  /** The measured time of its turns so far, and the CPU time in it, both in milliseconds. */
  counted: number;
  cpu: number;
}

/**
 * What servers cost, each with its own viewers, in turns of about a second: while one has its turn all others are
 * stopped (SIGSTOP). A shared machine's speed changes by a third within minutes, which hits servers alike that
 * are measured so, and not those that are measured one after the other.
 *
 * @param turns how many each server has
 */
export async function inTurns(runs: readonly TurnRun[], tools: Tools, turns: number): Promise<TurnCost[]> {
  await using stack = new AsyncDisposableStack();
  const benches: Bench[] = [];
  // A stopped process does not end with its parent.
  const goOn = (): void => benches.forEach((bench) => signal(bench, 'SIGCONT'));
  process.prependListener('exit', goOn);
  stack.defer(() => void process.off('exit', goOn));
  for (const { start, load } of runs) {
    const server = stack.use(await start(tools));
    if (server === null) continue;
    const longest = load.warmup + (turns * runs.length * turn) / 1_000 + 60;
    const { child, output } = startFanload(server, tools, { ...load, seconds: longest, warmup: -1 });
    const bench: Bench = { server, load, viewers: child, output, counted: 0, cpu: 0 };
    stack.defer(() => signal(bench, 'SIGCONT'));
    stack.defer(() => void child.kill('SIGKILL'));
    benches.push(bench);
    await sleep((isPorthole(server) ? Math.max(load.warmup, leastWarmup) : 5) * 1_000);
    // A stopped Porthole would find its camera silent before the other servers are ready.
    if (!isPorthole(server)) signal(bench, 'SIGSTOP');
  }
  for (const bench of benches) signal(bench, 'SIGSTOP');
  for (let count = 0; count < turns; count += 1) for (const bench of benches) await takeTurn(bench);
  const costs: TurnCost[] = [];
  for (const bench of benches) costs.push(await costOf(bench));
  return costs;
}

async function takeTurn(bench: Bench): Promise<void> {
  signal(bench, 'SIGCONT');
  await sleep(settling);
  const pids = treeOf(bench.server.pids);
  const before = exactCpuMs(pids);
  const countedFrom = performance.now();
  bench.viewers.kill('SIGUSR1');
  await sleep(turn - settling - farewell);
  bench.viewers.kill('SIGUSR2');
  bench.cpu += exactCpuMs(pids) - before;
  bench.counted += performance.now() - countedFrom;
  await sleep(farewell);
  signal(bench, 'SIGSTOP');
}

async function costOf({ server, load, viewers, output, counted, cpu }: Bench): Promise<TurnCost> {
  viewers.kill('SIGTERM');
  viewers.kill('SIGCONT');
  const { fps_med: framesPerSecond } = JSON.parse(await output) as Stats;
  const cpuMsPerSecond = (cpu * 1_000) / counted;
  const usPerFrame = (cpuMsPerSecond * 1_000) / (framesPerSecond * load.viewers);
  return { server: nameOf(server, load), framesPerSecond, cpuMsPerSecond, usPerFrame };
}

/** Stops a server and its viewers, or resumes them. */
function signal({ server, viewers }: Bench, name: 'SIGSTOP' | 'SIGCONT'): void {
  const pids = treeOf([...server.pids, ...(viewers.pid === undefined ? [] : [viewers.pid])]);
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // The process has ended.
    }
  }
}

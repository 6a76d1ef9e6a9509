// The cost of a frame in system calls, a number that a busy machine does not change.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SendRing } from '../../src/fanout/batch-send/send-ring.ts';
import { buildFakeCamera } from '../support/fakecam.ts';
import type { MultipartReader } from '../support/multipart-reader.ts';
import { lacks, programPath } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { captures, watch } from '../support/watching.ts';

const viewers = 10;
/** How long the calls are counted, in milliseconds. */
const span = 4_000;

/** Counts the parts that a viewer receives, until it is closed. */
class Counter {
  readonly reader: MultipartReader;
  count = 0;

  constructor(reader: MultipartReader) {
    this.reader = reader;
    void this.#run();
  }

  async #run(): Promise<void> {
    while ((await this.reader.next().catch(() => null)) !== null) this.count += 1;
  }
}

/** The system calls of a process and its threads during a period, by name (strace(1), -c). */
async function systemCalls(pid: number): Promise<ReadonlyMap<string, number>> {
  const strace = spawn(programPath('strace'), ['-f', '-c', '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const table = text(strace.stderr);
  await delay(span);
  strace.kill('SIGINT');
  await once(strace, 'exit');
  const rows = (await table).matchAll(/^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$/gm);
  return new Map(Array.from(rows, ([, calls, name]) => [name as string, Number(calls)]));
}

/** True if one process may not trace another, as in some containers; prints that in one line. */
function mayNotTrace(): boolean {
  const tried = spawnSync(programPath('strace'), ['-f', '-c', process.execPath, '-e', '0'], { stdio: 'ignore' });
  if (tried.status === 0) return false;
  process.stderr.write('Skipped: the system calls of a frame; this process may not trace others (ptrace(2)).\n');
  return true;
}

/** Whether the server may use io_uring(7), judged by this process. */
const hasRing = SendRing.open() !== null;

const ways = [
  ...(hasRing ? [{ way: 'in one call', inOneCall: true }] : []),
  { way: 'viewer by viewer', inOneCall: false },
];
if (!hasRing) process.stderr.write('Skipped: a frame in one call; this system has or allows no io_uring(7).\n');
const cannotCount = lacks('cc', 'strace') || mayNotTrace();

describe.skipIf(cannotCount).each(ways)('a frame that is sent $way', ({ inOneCall }) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: TestServer;
  let counters: readonly Counter[];
  beforeAll(async () => {
    folder = await temporaryFolder();
    const camera = await buildFakeCamera(folder.path);
    server = await startServer({
      args: ['--camera', `front=${camera.device}`, '--log-level', 'warn'],
      env: { ...camera.environment(), ...(!inOneCall && { PORTHOLE_BATCH_SEND: 'off' }) },
    });
    const token = await server.token();
    const readers = await Promise.all(Array.from({ length: viewers }, () => watch(server, token)));
    counters = readers.map((reader) => new Counter(reader));
    // The camera opens, and one-time work is done: after ten seconds, processes return memory.
    await delay(11_000);
  });
  afterAll(async () => {
    for (const { reader } of counters) reader.close();
    await server.stop();
    await folder[Symbol.asyncDispose]();
  });

  it('costs the server no more calls than that, and few turns of its event loop', async () => {
    const before = counters.map(({ count }) => count);
    const calls = await systemCalls(server.pid);
    const delivered = counters.reduce((sum, { count }, at) => sum + count - (before[at] ?? 0), 0);
    const frames = delivered / viewers;
    const each = (name: string, by: number): number => (calls.get(name) ?? 0) / by;
    expect(frames).toBeGreaterThan(20);
    if (inOneCall) {
      expect(each('io_uring_enter', frames), 'calls for a frame').toBeGreaterThan(0.8);
      expect(each('io_uring_enter', frames), 'calls for a frame').toBeLessThan(1.2);
      expect(each('write', frames), 'writes for a frame').toBeLessThan(1);
    } else {
      expect(each('write', delivered), 'writes for a frame and viewer').toBeGreaterThan(0.8);
      expect(each('write', delivered), 'writes for a frame and viewer').toBeLessThan(1.2);
    }
    expect(each('read', frames), 'reads for a frame').toBeLessThan(4);
    expect(each('epoll_pwait', frames), 'turns for a frame').toBeLessThan(6);
    // Threads wake up for garbage collections; a full one takes hundreds of these.
    expect(each('futex', frames), 'waits of threads for a frame').toBeLessThan(6);
  });

  it('costs its capture process one write into the pipe, by the one thread that waits for the camera', async () => {
    const [pid = 0] = captures(server);
    const before = counters[0]?.count ?? 0;
    const calls = await systemCalls(pid);
    const frames = (counters[0]?.count ?? 0) - before;
    const each = (name: string): number => (calls.get(name) ?? 0) / frames;
    expect(frames).toBeGreaterThan(20);
    expect(each('sendmsg'), 'frames into the pipe').toBeGreaterThan(0.8);
    expect(each('write') + each('writev') + each('sendmsg'), 'writes, with what is told once a second').toBeLessThan(
      1.5,
    );
    expect(each('epoll_pwait'), 'turns of a loop').toBeLessThan(1);
    expect(each('futex'), 'waits of threads').toBeLessThan(4);
  });
});

// A long run with far more faults than any webcam has: PORTHOLE_SOAK_MINUTES makes it longer.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFakeCamera, type FakeCamera, readMark } from '../support/fakecam.ts';
import { footprint, median } from '../support/footprint.ts';
import { lacks } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { type Received, SteadyMultipart, SteadyPage, type SteadyViewer } from '../support/steady-viewer.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { captures } from '../support/watching.ts';

/** How long the test runs, in milliseconds. */
const duration = Number(process.env.PORTHOLE_SOAK_MINUTES ?? 1) * 60_000;
/** How long the server keeps an idle connection, plus one second, in milliseconds. */
const keptAlive = 11_000;
/** The time between two faults, in milliseconds: the camera is live for about half of the time. */
const pause = 1_500;
/** The longest time a viewer may get no image, neither a frame nor a notice, in milliseconds. */
const longestSilence = 8_000;

describe.skipIf(lacks('cc'))('in a long run with many faults, a server', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let camera: FakeCamera;
  beforeAll(async () => {
    folder = await temporaryFolder();
    camera = await buildFakeCamera(folder.path);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  const isLive = ({ jpeg }: Received): boolean => {
    const marked = readMark(jpeg);
    return marked !== null && camera.jpegs.some((each) => each.equals(marked.jpeg));
  };

  it('loses no viewer and no memory', { timeout: duration * 2 + 120_000 }, async () => {
    const plug = join(folder.path, 'absent');
    await using server = await startServer({
      args: ['--camera', `front=${camera.device}`, '--log-level', 'warn'],
      env: camera.environment({ ABSENT: plug, CORRUPT_EVERY: 10 }),
    });
    const token = await server.token();
    const stream = `${server.url}/cameras/front/stream.mjpeg`;
    using whole = await SteadyMultipart.open(stream, token);
    using small = await SteadyMultipart.open(`${stream}?width=320`, token);
    using page = await SteadyPage.open(server.url, token, 'front', 'source');
    const steady: readonly SteadyViewer[] = [whole, small, page];
    await whole.next(isLive, 20_000, 'live');
    // Everything once, so that modules that load late are loaded.
    for (let number = 0; number < 4; number += 1) await visit(server, token, number);
    // Until no connection is kept alive.
    await delay(keptAlive);
    const { descriptors } = footprint(server.pid);

    const faults: readonly (() => Promise<void>)[] = [
      async () => {
        await writeFile(plug, '');
        await delay(1_000);
        await rm(plug);
      },
      async () => signalCapture(server, 'SIGSEGV'),
      // Like a driver that never returns from a call.
      async () => signalCapture(server, 'SIGSTOP'),
      async () => signalCapture(server, 'SIGKILL'),
    ];
    const end = performance.now() + duration;
    /** After the faults, the camera only delivers frames, one in ten truncated: any growth then is the capture's. */
    const lastFault = performance.now() + (duration * 2) / 3;
    const samples: { readonly server: number; readonly capture: number | null; readonly at: number }[] = [];
    let [count, guests] = [0, 0];

    const visits = (async () => {
      while (performance.now() < end) {
        await visit(server, token, guests);
        guests += 1;
        await delay(200);
      }
    })();
    for (; performance.now() < lastFault; count += 1) {
      await faults[count % faults.length]?.();
      await delay(50);
      const since = monotonic();
      await whole.next(
        (picture) => isLive(picture) && (readMark(picture.jpeg)?.capturedAt ?? 0) > since,
        30_000,
        `after fault ${count}: live`,
      );
      await delay(pause);
      samples.push({ server: footprint(server.pid).rss, capture: null, at: performance.now() });
    }
    while (performance.now() < end) {
      await delay(500);
      const [pid] = captures(server);
      samples.push({
        server: footprint(server.pid).rss,
        capture: pid === undefined ? null : footprint(pid).rss,
        at: performance.now(),
      });
    }
    await visits;

    const servers = samples.slice(Math.floor(samples.length / 4)).map(({ server: rss }) => rss);
    const capturing = samples.flatMap(({ capture }) => (capture === null ? [] : [capture])).slice(10);
    process.stdout.write(
      `${count} faults, ${guests} visits; server ${mebibytes(servers)}, capture ${mebibytes(capturing)} MiB; ` +
        `longest without a picture ${steady.map(({ longestGap }) => Math.round(longestGap)).join(', ')} ms\n`,
    );
    for (const viewer of steady) {
      expect(viewer.complaints).toEqual([]);
      await viewer.next(() => true, 5_000, 'still watching');
    }
    expect(whole.longestGap, 'milliseconds without a picture').toBeLessThan(longestSilence);
    expect(small.longestGap, 'milliseconds without a picture').toBeLessThan(longestSilence);
    expect(page.told.at(-1)?.state.kind).toBe('live');
    expect(growth(servers), 'how the server grows').toBeLessThan(1.1);
    expect(growth(capturing), 'how the capture grows').toBeLessThan(1.1);
    expect(captures(server)).toHaveLength(1);
    await expect.poll(() => footprint(server.pid).descriptors, { timeout: 15_000 }).toEqual(descriptors);
  });
});

/** Viewers that come, watch and leave, each in another way; their requests may fail while the camera fails. */
async function visit(server: TestServer, token: string, number: number): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const base = `${server.url}/cameras/front`;
  const signal = AbortSignal.timeout(10_000);
  switch (number % 4) {
    case 0:
      await fetch(`${base}/snapshot.jpg?width=160`, { headers, signal }).then((reply) => reply.arrayBuffer());
      return;
    case 1: {
      const page = await SteadyPage.open(server.url, token, 'front', 320);
      await delay(500);
      page.close();
      return;
    }
    case 2: {
      const stream = await SteadyMultipart.open(`${base}/stream.mjpeg?width=480`, token);
      await delay(500);
      stream.close();
      return;
    }
    default:
      await fetch(`${server.url}/api/cameras/front/photos`, { method: 'POST', headers, signal }).then((reply) =>
        reply.arrayBuffer(),
      );
  }
}

function signalCapture(server: TestServer, signal: NodeJS.Signals): void {
  for (const pid of captures(server)) process.kill(pid, signal);
}

/** The clock of the frames' marks, in milliseconds. */
function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The ratio of the last third of some measurements to the first third. */
function growth(values: readonly number[]): number {
  const third = Math.ceil(values.length / 3);
  return median(values.slice(-third)) / median(values.slice(0, third));
}

function mebibytes(values: readonly number[]): string {
  const third = Math.ceil(values.length / 3);
  return [values.slice(0, third), values.slice(-third)].map((each) => Math.round(median(each) / 2 ** 20)).join(' → ');
}

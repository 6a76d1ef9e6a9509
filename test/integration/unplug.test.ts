// A webcam that is unplugged and plugged in again, over and over, at a realistic speed.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildFakeCamera, type FakeCamera, readMark } from '../support/fakecam.ts';
import { footprint, median } from '../support/footprint.ts';
import { lacks } from '../support/programs.ts';
import { startServer } from '../support/server.ts';
import { type Received, SteadyMultipart, SteadyPage } from '../support/steady-viewer.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { captures } from '../support/watching.ts';

const cycles = 50;
/** After this many rounds, the server has allocated everything that it needs. */
const warmUp = 15;

/** The promised limit, in milliseconds. */
const noticeLimit = 2_000;
const returnLimit = 3_000;

/** A free device node, which udev would create and remove. Without that permission, retries find the camera. */
const node = Array.from({ length: 10 }, (_, index) => `/dev/video${index + 50}`).find((each) => !existsSync(each));
const mayMakeNodes = process.getuid?.() === 0 && node !== undefined;

describe.skipIf(lacks('cc'))(`a webcam that is unplugged and plugged in again ${cycles} times`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let camera: FakeCamera;
  beforeAll(async () => {
    folder = await temporaryFolder();
    camera = await buildFakeCamera(folder.path, mayMakeNodes ? { device: node } : {});
  });
  afterAll(async () => {
    if (mayMakeNodes) rmSync(node, { force: true });
    await folder[Symbol.asyncDispose]();
  });

  const plug = (): string => join(folder.path, 'absent');
  const pull = async (): Promise<void> => {
    await writeFile(plug(), '');
    if (mayMakeNodes) await rm(node, { force: true });
  };
  const plugIn = async (): Promise<void> => {
    await rm(plug(), { force: true });
    if (mayMakeNodes) spawnSync('mknod', [node, 'c', '81', '250']);
  };
  const isLive = ({ jpeg }: Received): boolean => readMark(jpeg) !== null;
  const isFresh =
    (since: number) =>
    ({ jpeg }: Received): boolean =>
      (readMark(jpeg)?.capturedAt ?? 0) > since;
  /** The clock of the frames' marks. */
  const now = (): number => Number(process.hrtime.bigint()) / 1e6;

  it(
    'keeps its viewers, tells them within 2 s, is back within 3 s, and leaves nothing behind',
    { timeout: 10 * 60_000 },
    async () => {
      await plugIn();
      await using server = await startServer({
        args: ['--camera', `front=${camera.device}`],
        env: camera.environment({ ABSENT: plug() }),
      });
      const token = await server.token();
      using stream = await SteadyMultipart.open(`${server.url}/cameras/front/stream.mjpeg`, token);
      using page = await SteadyPage.open(server.url, token, 'front', 'source');
      await Promise.all([stream.next(isLive, 20_000, 'live'), page.next(isLive, 20_000, 'live')]);

      const noticed: number[] = [];
      const returned: number[] = [];
      const rss: number[] = [];
      let descriptors: readonly string[] = [];
      for (let cycle = 1; cycle <= cycles; cycle += 1) {
        const before = stream.last?.jpeg;
        const pulledAt = performance.now();
        await pull();
        const notice = await stream.next((picture) => !isLive(picture), 10_000, `pull ${cycle}: a notice`);
        noticed.push(notice.arrivedAt - pulledAt);
        expect(before?.equals(notice.jpeg)).toBe(false);
        expect(page.state, `pull ${cycle}`).toMatchObject({
          kind: 'reconnecting',
          problem: { code: 'camera_unplugged' },
        });

        const [pluggedAt, since] = [performance.now(), now()];
        await plugIn();
        const back = await Promise.all(
          [stream, page].map((viewer) => viewer.next(isFresh(since), 15_000, `return ${cycle}: live`)),
        );
        returned.push(Math.max(...back.map(({ arrivedAt }) => arrivedAt)) - pluggedAt);
        if (cycle === warmUp) {
          await expect.poll(() => captures(server).length).toBe(1);
          ({ descriptors } = footprint(server.pid));
        }
        rss.push(footprint(server.pid).rss);
      }

      process.stdout.write(
        `pulled ${cycles} times: told after ${summary(noticed)}, live after ${summary(returned)}, ` +
          `${Math.round(median(rss.slice(warmUp, 2 * warmUp)) / 2 ** 20)} → ${Math.round(median(rss.slice(-warmUp)) / 2 ** 20)} MiB\n`,
      );
      expect(Math.max(...noticed), 'milliseconds until a viewer is told').toBeLessThan(noticeLimit);
      expect(Math.max(...returned), 'milliseconds until the picture is back').toBeLessThan(returnLimit);
      // A process that lists devices may still be running.
      await expect.poll(() => server.children.map(({ command }) => command), { timeout: 15_000 }).toHaveLength(1);
      expect(captures(server)).toHaveLength(1);
      await expect.poll(() => footprint(server.pid).descriptors).toEqual(descriptors);
      expect(median(rss.slice(-warmUp))).toBeLessThan(1.1 * median(rss.slice(warmUp, 2 * warmUp)));
      expect([...stream.complaints, ...page.complaints]).toEqual([]);
    },
  );
});

function summary(times: readonly number[]): string {
  return `${Math.round(median(times))} ms (at most ${Math.round(Math.max(...times))})`;
}

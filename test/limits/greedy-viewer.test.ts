import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startServer } from '../support/server.ts';
import { SteadyMultipart } from '../support/steady-viewer.ts';

const cameras = ['one', 'two', 'three'];
const source = 'test:?width=1280&height=720&fps=30';

it('a viewer keeps its frames next to one who opens every size and codec of every camera', async () => {
  await using server = await startServer({ args: cameras.flatMap((id) => ['--camera', `${id}=${source}`]) });
  const token = await server.token();
  const headers = { authorization: `Bearer ${token}` };
  using canary = await SteadyMultipart.open(`${server.url}/cameras/one/stream.mjpeg?width=640`, token);
  await canary.next(() => true, 30_000, 'a frame');
  const rate = async (): Promise<number> => {
    const [frames, since] = [canary.received, performance.now()];
    await delay(2_500);
    return ((canary.received - frames) * 1_000) / (performance.now() - since);
  };
  await delay(500);
  const before = await rate();

  const abort = new AbortController();
  const received = new Map<string, number>();
  for (const camera of cameras) {
    for (const width of [320, 480, 640, 960, 1280]) {
      for (const output of ['stream.mjpeg', 'live.mp4']) {
        const path = `/cameras/${camera}/${output}?width=${width}`;
        void count(`${server.url}${path}`, { headers, signal: abort.signal }, () => {
          received.set(path, (received.get(path) ?? 0) + 1);
        });
      }
    }
  }
  // The encoders are given some seconds to find out how much is too much.
  await expect.poll(rate, { timeout: 30_000, interval: 1 }).toBeGreaterThan(before * 0.75);
  // Nobody is starved: each stream gets something.
  await expect.poll(() => received.size, { timeout: 10_000 }).toBe(30);
  abort.abort();
  expect(canary.complaints).toEqual([]);
});

async function count(url: string, init: RequestInit, received: () => void): Promise<void> {
  try {
    const answer = await fetch(url, init);
    for await (const _ of answer.body ?? []) received();
  } catch {
    // It has been ended.
  }
}

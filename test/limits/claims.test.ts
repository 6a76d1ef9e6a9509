// What cameras may claim: sizes that are refused before they are decoded, and odd ones that cost one Rendition only.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraInfo } from '../../src/domain/cameras/camera.ts';
import { annexB } from '../../src/formats/h264/h264.ts';
import { type GreedyCamera, hugeKeyframe, startGreedyCamera, transportStream } from '../support/greedy-camera.ts';
import { type HttpCamera, startHttpCamera } from '../support/http-camera.ts';
import { plainJpeg } from '../support/plain-jpeg.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { SteadyMultipart } from '../support/steady-viewer.ts';
import { captures } from '../support/watching.ts';

/** JPEGs that are refused, and what people are told. */
const refused = {
  huge: [
    plainJpeg(16_000, 16_000),
    'frames of 16000\u00a0×\u00a016000 pixels, and Porthole accepts up to 67 megapixels',
  ],
  empty: [plainJpeg(0, 480), 'damaged'],
} as const;

/** The same of H.264, in MPEG-TS and over RTSP. */
const inH264 = {
  h264: [null, 'frames of 12288\u00a0×\u00a012288 pixels'],
  rtsp: [null, 'frames of 16384\u00a0×\u00a016384 pixels'],
} as const;

const tooLong = /H\.264 is limited to 35 megapixels and 16384 pixels per side/;
/** Odd JPEGs that a viewer of the original gets byte for byte, and why other Renditions fail; null if they do not. */
const odd = {
  thin: [plainJpeg(1, 65_535), tooLong],
  flat: [plainJpeg(65_535, 1), tooLong],
  'twelve-bits': [plainJpeg(640, 360, { precision: 12 }), null],
  'one-pixel': [plainJpeg(1, 1), null],
  'odd-size': [plainJpeg(641, 363), null],
  'four-one-one': [plainJpeg(1_001, 335, { sampling: '4:1:1' }), null],
} as const;

let cameras: readonly HttpCamera[];
let h264: GreedyCamera;
let server: TestServer;
let headers: { readonly authorization: string };
let token: string;

beforeAll(async () => {
  const all = Object.entries({ ...refused, ...odd });
  cameras = await Promise.all(all.map(([, [jpeg]]) => startHttpCamera([jpeg], 5)));
  const sources = all.flatMap(([name], at) => ['--camera', `${name}=${cameras[at]?.url}`]);
  h264 = await startGreedyCamera({ '/h264': () => transportStream(annexB(hugeKeyframe(12_288)), { repeats: true }) });
  sources.push('--camera', `h264=http://127.0.0.1:${h264.port}/h264`);
  sources.push('--camera', `rtsp=rtsp://127.0.0.1:${h264.port}/huge-frames`);
  server = await startServer({ args: [...sources, '--grace', '0'] });
  token = await server.token();
  headers = { authorization: `Bearer ${token}` };
}, 60_000);

afterAll(async () => {
  await server.stop();
  await Promise.all([...cameras, h264].map((camera) => camera[Symbol.asyncDispose]()));
});

async function stateOf(id: string): Promise<CameraInfo['state']> {
  return ((await (await fetch(`${server.url}/api/cameras/${id}`, { headers })).json()) as CameraInfo).state;
}

/** The most memory that any of the server's processes has used so far, in megabytes. */
function mostUsed(): number {
  const pids = [server.pid, ...captures(server)];
  return Math.max(...pids.map((pid) => peakOf(pid)));
}

function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

it.each([...Object.entries(refused), ...Object.entries(inH264)])(
  'a camera that claims too much is refused before its frames are decoded: %s',
  async (id, [, words]) => {
    let most = 0;
    const timer = setInterval(() => (most = Math.max(most, mostUsed())), 20);
    // Of this width no frame is passed through, so that a decoder would get it.
    const answer = await fetch(`${server.url}/cameras/${id}/stream.mjpeg?width=320`, { headers });
    clearInterval(timer);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain(words);
    expect(most, 'megabytes; decoded, it takes 400').toBeLessThan(300);
  },
);

describe('an odd JPEG', () => {
  it.each(Object.entries(odd))(
    '%s is passed through, and other Renditions fail alone',
    { timeout: 60_000 },
    async (id, [jpeg, why]) => {
      const path = `${server.url}/cameras/${id}`;
      using viewer = await SteadyMultipart.open(`${path}/stream.mjpeg`, token);
      await viewer.next((shown) => shown.jpeg.equals(jpeg), 20_000, 'the original');
      const running = captures(server);
      const stop = new AbortController();
      const video = fetch(`${path}/live.mp4`, { headers, signal: stop.signal })
        .then(async (reply) =>
          reply.status === 200 ? ((await reply.body?.getReader().read())?.value?.length ?? 0) : 0,
        )
        .catch(() => 0);
      if (why === null) expect(await video, 'bytes of H.264').toBeGreaterThan(100);
      else {
        const warning = async (): Promise<string> => {
          const state = await stateOf(id);
          if (state.kind !== 'live') return state.kind;
          return typeof state.warning === 'string' ? state.warning : '';
        };
        await expect.poll(warning, { timeout: 20_000 }).toMatch(why);
      }
      const since = viewer.received;
      await viewer.next(() => viewer.received > since + 2, 10_000, 'more of the original');
      expect(viewer.last?.jpeg.equals(jpeg)).toBe(true);
      expect(captures(server), 'the capture goes on').toEqual(running);
      expect(viewer.complaints).toEqual([]);
      stop.abort();
      await video;
    },
  );
});

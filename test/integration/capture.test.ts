// The real capture process, from the source's bytes to a viewer's bytes.
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBarCode } from '../support/bar-code.ts';
import { makeJpegs, withoutHuffmanTables, writeClip } from '../support/clips.ts';
import { closedPort, startHttpCamera } from '../support/http-camera.ts';
import { readMetrics } from '../support/metrics.ts';
import type { Part } from '../support/multipart-reader.ts';
import { lacks, programPath } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { capturedAt, captures, photoProblem, untilReleased, watch } from '../support/watching.ts';

const size = { width: 960, height: 540 };
/** How long the camera stays open after its last viewer here, in seconds. */
const grace = 1;

async function numbersOf(parts: readonly Part[]): Promise<readonly (number | null)[]> {
  return Promise.all(parts.map((part) => readBarCode(part.bytes, size)));
}

describe('a camera', () => {
  let server: TestServer;
  let token: string;
  beforeAll(async () => {
    const source = `test:?width=${size.width}&height=${size.height}&fps=15`;
    server = await startServer({ args: ['--camera', `front=${source}`, '--grace', String(grace)] });
    token = await server.token();
  });
  afterAll(() => server.stop());

  it('opens with its first viewer and closes when the grace time after the last is over', async () => {
    expect(captures(server)).toEqual([]);
    const viewer = await watch(server, token);
    await viewer.take(2);
    expect(captures(server)).toHaveLength(1);
    viewer.close();
    const left = performance.now();
    await untilReleased(server, 10_000);
    expect(performance.now() - left, 'milliseconds it stayed open').toBeGreaterThan(grace * 1_000 - 50);
    const [info] = (await (await server.signIn()).json<{ state: { kind: string } }[]>('/api/cameras')) ?? [];
    expect(info?.state.kind).toBe('closed');
  });

  it('stays open when a viewer comes back within the grace time', async () => {
    const first = await watch(server, token);
    await first.take(1);
    const before = captures(server);
    first.close();
    using second = await watch(server, token);
    await second.take(2);
    expect(captures(server)).toEqual(before);
  });

  it('has one capture process for two viewers, and one leaving does not affect the other', async () => {
    const leaving = await watch(server, token);
    using staying = await watch(server, token);
    await Promise.all([leaving.take(3), staying.take(3)]);
    const before = captures(server);
    expect(before).toHaveLength(1);
    leaving.close();
    const numbers = await numbersOf(await staying.take(20));
    for (const [index, number] of numbers.entries()) {
      expect(number, 'every picture is readable').not.toBeNull();
      if (index > 0) expect(number, 'the picture goes on').toBeGreaterThan(numbers[index - 1] ?? 0);
    }
    expect(captures(server)).toEqual(before);
  });

  it('is encoded once for three viewers of one width', async () => {
    const path = '/cameras/front/stream.mjpeg?width=320';
    const viewers = await Promise.all([1, 2, 3].map(() => watch(server, token, path)));
    const seen = await Promise.all(viewers.map((viewer) => viewer.take(30)));
    const metrics = await readMetrics(server.url, token);
    for (const viewer of viewers) viewer.close();

    // Frames captured at the same moment are the same bytes for all viewers.
    const bytes = new Map<number, Buffer>();
    for (const part of seen.flat()) {
      const known = bytes.get(capturedAt(part));
      if (known === undefined) bytes.set(capturedAt(part), part.bytes);
      else expect(known.equals(part.bytes)).toBe(true);
    }
    const labels = { camera: 'front', rendition: 'jpeg-320' };
    expect(metrics.value('porthole_rendition_viewers', labels)).toBe(3);
    const frames = metrics.value('porthole_rendition_frames_total', labels);
    expect(frames).toBeGreaterThanOrEqual(30);
    expect(frames, 'frames encoded, not frames times viewers').toBeLessThan(60);
  });

  it.each([
    ['source', 960, 540],
    ['640', 640, 360],
    ['320', 320, 180],
  ])('numbers its pictures with a bar code that is readable at width %s', async (width, expected, height) => {
    using viewer = await watch(server, token, `/cameras/front/stream.mjpeg?width=${width}`);
    // The first frame may have been made for the source's size before that was known.
    const parts = (await viewer.take(11)).slice(1);
    const { width: real, height: realHeight } = await sharp(parts.at(-1)?.bytes).metadata();
    expect([real, realHeight]).toEqual([expected, height]);
    const numbers = await numbersOf(parts);
    expect(numbers).not.toContain(null);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => Number(a) - Number(b)));
  });

  it('resumes within 2 s on the same connection when its capture process is killed', async () => {
    using viewer = await watch(server, token);
    await viewer.take(5);
    const [pid = 0] = captures(server);
    const killed = Date.now();
    process.kill(pid, 'SIGKILL');
    let back: Part | null = null;
    for await (const part of viewer) {
      // Repeated frames were captured before, and a notice has no frame number.
      if (capturedAt(part) <= killed + 1 || (await readBarCode(part.bytes, size)) === null) continue;
      back = part;
      break;
    }
    expect(back).not.toBeNull();
    expect(Date.now() - killed, 'milliseconds without a picture').toBeLessThan(2_000);
    expect(await numbersOf(await viewer.take(5))).not.toContain(null);
    expect(captures(server)).toHaveLength(1);
    expect(captures(server)).not.toContain(pid);
    const metrics = await readMetrics(server.url, token);
    expect(metrics.value('porthole_camera_restarts_total', { camera: 'front' })).toBe(1);
  });

  it('starts with its newest frame for a viewer that joins later', async () => {
    using first = await watch(server, token);
    const [, , last] = await first.take(3);
    using second = await watch(server, token);
    const [part] = await second.take(1);
    expect(capturedAt(part as Part)).toBeGreaterThanOrEqual(capturedAt(last as Part));
  });
});

describe('an MJPEG clip', () => {
  it('is passed through byte for byte, in order, in a loop', async () => {
    await using folder = await temporaryFolder();
    const jpegs = await makeJpegs(12);
    const clip = await writeClip(folder.path, jpegs);
    await using server = await startServer({ args: ['--camera', `front=file:${clip}`] });
    using viewer = await watch(server, await server.token());
    const indexes = (await viewer.take(30)).map(({ bytes }) => jpegs.findIndex((jpeg) => jpeg.equals(bytes)));
    expect(indexes, 'every picture is one of the clip').not.toContain(-1);
    const steps = indexes.slice(1).map((each, at) => (each - (indexes[at] ?? 0) + jpegs.length) % jpegs.length);
    // A busy machine may drop some; none comes twice or out of order.
    expect(Math.max(...steps)).toBeLessThan(6);
    expect(Math.min(...steps)).toBeGreaterThan(0);
  });

  it('is scaled for a viewer of a smaller size while another one gets the original bytes', async () => {
    await using folder = await temporaryFolder();
    const jpegs = await makeJpegs(8, 640, 480);
    const clip = await writeClip(folder.path, jpegs);
    await using server = await startServer({ args: ['--camera', `front=file:${clip}`] });
    const token = await server.token();
    using whole = await watch(server, token);
    using small = await watch(server, token, '/cameras/front/stream.mjpeg?width=320');
    const [wholeParts, smallParts] = await Promise.all([whole.take(5), small.take(5)]);
    for (const { bytes } of wholeParts) expect(jpegs.some((jpeg) => jpeg.equals(bytes))).toBe(true);
    for (const { bytes } of smallParts) {
      const { width, height } = await sharp(bytes).metadata();
      expect([width, height]).toEqual([320, 240]);
    }
  });
});

describe.skipIf(lacks('ffmpeg'))('a video file with reordered frames', () => {
  it('plays at its own rate, frame by frame', async () => {
    await using folder = await temporaryFolder();
    const clip = join(folder.path, 'clip.mp4');
    const input = ['-f', 'lavfi', '-i', 'testsrc=s=320x240:r=10', '-t', '3', '-pix_fmt', 'yuv420p'];
    const coding = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '3'];
    execFileSync(programPath('ffmpeg'), ['-v', 'error', ...input, ...coding, clip]);
    await using server = await startServer({ args: ['--camera', `front=file:${clip}`] });
    using viewer = await watch(server, await server.token());
    const times = (await viewer.take(25)).slice(5).map(capturedAt);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    const tooShort = gaps.filter((gap) => gap < 33);
    expect(tooShort.length, `of ${gaps.map(Math.round).join(' ')} ms`).toBeLessThan(gaps.length / 4);
  });
});

describe("a camera's own JPEGs", () => {
  it('are dropped and counted when they are truncated, and never shown', async () => {
    const jpegs = await makeJpegs(6);
    const pictures = jpegs.map((jpeg, index) =>
      index % 3 === 2 ? jpeg.subarray(0, Math.floor(jpeg.length / 2)) : jpeg,
    );
    await using camera = await startHttpCamera(pictures);
    await using server = await startServer({ args: ['--camera', `front=${camera.url}`] });
    const token = await server.token();
    using viewer = await watch(server, token);
    for (const { bytes } of await viewer.take(30))
      expect(jpegs.findIndex((jpeg) => jpeg.equals(bytes)) % 3).not.toBe(2);
    await expect
      .poll(async () => {
        const metrics = await readMetrics(server.url, token);
        return metrics.value('porthole_camera_dropped_frames_total', { camera: 'front', reason: 'corrupt' });
      })
      .toBeGreaterThan(5);
  });

  it('get the Huffman tables that they lack, so that every decoder can show them', async () => {
    const jpegs = await makeJpegs(4);
    await using camera = await startHttpCamera(jpegs.map(withoutHuffmanTables));
    await using server = await startServer({ args: ['--camera', `front=${camera.url}`] });
    using viewer = await watch(server, await server.token());
    const wanted = await Promise.all(jpegs.map((jpeg) => sharp(jpeg).raw().toBuffer()));
    for (const { bytes } of await viewer.take(6)) {
      const pixels = await sharp(bytes).raw().toBuffer();
      expect(wanted.some((each) => each.equals(pixels))).toBe(true);
    }
  });

  it('are trimmed after their end when the driver delivers its whole buffer', async () => {
    const jpegs = await makeJpegs(4);
    await using camera = await startHttpCamera(jpegs.map((jpeg) => Buffer.concat([jpeg, Buffer.alloc(100_000)])));
    await using server = await startServer({ args: ['--camera', `front=${camera.url}`] });
    using viewer = await watch(server, await server.token());
    for (const { bytes } of await viewer.take(6)) expect(jpegs.some((jpeg) => jpeg.equals(bytes))).toBe(true);
  });
});

describe('a source that cannot be opened', () => {
  it('reports why, with a code and a message', async () => {
    await using folder = await temporaryFolder();
    const text = join(folder.path, 'letter.txt');
    await writeFile(text, 'No video at all.\n'.repeat(500));
    const audio = join(folder.path, 'empty.mp4');
    await writeFile(audio, '');
    const port = await closedPort();
    const expected = {
      letter: [`file:${text}`, 'source_not_video'],
      empty: [`file:${audio}`, 'source_not_video'],
      missing: [`file:${join(folder.path, 'none.mp4')}`, 'source_file_missing'],
      rtsp: [`rtsp://127.0.0.1:${port}/stream`, 'source_refused'],
      http: [`http://127.0.0.1:${port}/stream`, 'source_refused'],
      nohost: ['rtsp://no-such-host.invalid/stream', 'source_unreachable'],
      device: ['/dev/video-none', 'camera_missing'],
    } as const;
    await using server = await startServer({
      args: Object.entries(expected).flatMap(([name, [source]]) => ['--camera', `${name}=${source}`]),
    });
    const token = await server.token();
    // Before anything else asks for it: later, it sends placeholder frames while it is tried again.
    const stream = await fetch(`${server.url}/cameras/missing/stream.mjpeg?token=${token}`);
    expect([stream.status, await stream.text()]).toEqual([503, expect.stringContaining('File not found')]);
    for (const [camera, [, code]] of Object.entries(expected)) {
      const problem = await photoProblem(server, token, camera);
      expect({ camera, ...problem }).toMatchObject({ camera, status: 503, code });
      expect(problem.message, 'says what to do').toMatch(/[.]$/);
    }
  });
});

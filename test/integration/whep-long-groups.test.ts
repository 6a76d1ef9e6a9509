// WebRTC of a camera whose own H.264 has long GOPs.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLossyUdp } from '../support/lossy-udp.ts';
import { lacks, programPath } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { WhepViewer } from '../support/whep-viewer.ts';

const run = promisify(execFile);
/** Frames per second, and per GOP. */
const [fps, groupLength] = [25, 200];
/** Polling for a slow machine, in milliseconds. */
const polling = { timeout: 30_000, interval: 20 };

interface Picture {
  readonly keyframe: boolean;
  readonly timestamp: number;
  /** The index of its first packet. */
  readonly at: number;
}

/** The received frames, in order. */
function picturesOf({ packets }: WhepViewer): readonly Picture[] {
  const pictures = new Map<number, Picture>();
  packets.forEach(({ timestamp, payload }, at) => {
    const [indicator = 0, fragment = 0] = payload;
    const type = (indicator & 0x1f) === 28 ? fragment & 0x1f : indicator & 0x1f;
    const before = pictures.get(timestamp);
    const keyframe = type === 5 || before?.keyframe === true;
    pictures.set(timestamp, { keyframe, timestamp, at: before?.at ?? at });
  });
  return [...pictures.values()];
}

/** The number of frames that FFmpeg decodes from a packet on; throws if FFmpeg reports an error. */
async function decoded(viewer: WhepViewer, from: number): Promise<number> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'in.h264');
  await writeFile(path, viewer.annexBFrom(from));
  const { stdout, stderr } = await run(
    programPath('ffprobe'),
    ['-v', 'error', '-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', path],
    {},
  );
  expect(stderr).toBe('');
  return Number(stdout);
}

describe.skipIf(lacks('ffmpeg', 'ffprobe'))('a camera with eight seconds between its keyframes', () => {
  let server: TestServer;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    folder = await temporaryFolder();
    const path = join(folder.path, 'clip.mp4');
    const input = ['-f', 'lavfi', '-i', `testsrc2=size=320x240:rate=${fps}`, '-t', '24', '-c:v', 'libx264'];
    const rhythm = ['-preset', 'veryfast', '-bf', '0', '-g', `${groupLength}`, '-sc_threshold', '0'];
    await run(programPath('ffmpeg'), ['-v', 'error', ...input, '-pix_fmt', 'yuv420p', ...rhythm, path]);
    server = await startServer({ args: ['--camera', `front=file:${path}`, '--access', 'public'] });
  });
  afterAll(async () => {
    await server.stop();
    await folder[Symbol.asyncDispose]();
  });

  const endpoint = (): string => `${server.url}/cameras/front/whep`;
  const keyframesOf = (viewer: WhepViewer): number => picturesOf(viewer).filter(({ keyframe }) => keyframe).length;

  it('shows at once for a viewer that joins in the middle of a GOP, and every frame can be decoded', async () => {
    await using first = await WhepViewer.open(endpoint());
    // Waits for the camera's next keyframe, then until the middle of its GOP.
    await expect.poll(() => keyframesOf(first), polling).toBe(2);
    const from = picturesOf(first).length;
    await expect.poll(() => picturesOf(first).length, polling).toBeGreaterThan(from + 3 * fps);
    await using late = await WhepViewer.open(endpoint());
    const before = picturesOf(first).length;
    await expect.poll(() => picturesOf(late).length, polling).toBeGreaterThan(3 * fps + 1);
    expect(picturesOf(first).length - before, 'pictures of the camera meanwhile').toBeLessThan(2.5 * fps);
    await expect.poll(() => picturesOf(late).length, polling).toBeGreaterThan(5 * fps);
    await late.end();
    const pictures = picturesOf(late);
    expect(pictures[0]?.keyframe).toBe(true);
    const steps = pictures.slice(1).map(({ timestamp }, at) => (timestamp - (pictures[at]?.timestamp ?? 0)) | 0);
    expect(Math.min(...steps), 'ticks from one picture to the next').toBeGreaterThan(0);
    expect(await decoded(late, 0)).toBe(pictures.length);
  });

  it('resumes within three seconds after the network was cut', async () => {
    await using other = await WhepViewer.open(endpoint());
    await expect.poll(() => other.packets.length, polling).toBeGreaterThan(5);
    const ready = server.log.find(({ msg }) => msg === 'WebRTC is ready') as { udp: number };
    await using line = await startLossyUdp(ready.udp);
    await using viewer = await WhepViewer.open(endpoint(), { udpPort: line.port });
    // Right after a keyframe, so that the next one is far away.
    await expect.poll(() => keyframesOf(viewer), polling).toBe(2);
    line.loss = 1;
    const [from, keyframes] = [picturesOf(other).length, keyframesOf(other)];
    await expect.poll(() => picturesOf(other).length, polling).toBeGreaterThan(from + 1.5 * fps);
    line.loss = 0;
    const cutUntil = picturesOf(other).length;
    const packets = viewer.packets.length;
    const isThere = async (): Promise<boolean> => {
      await viewer.askForKeyframe();
      return keyframesOf(viewer) > 2;
    };
    await expect.poll(isThere, { ...polling, interval: 200 }).toBe(true);
    const waited = picturesOf(other).length - cutUntil;
    expect(waited, 'pictures of the camera until the next keyframe').toBeLessThan(3 * fps);
    expect(keyframesOf(other), 'keyframes that another viewer has got meanwhile').toBe(keyframes);
    // The viewer is live again, two seconds and more after that keyframe.
    const resumed = picturesOf(viewer).findIndex(({ keyframe, at }) => keyframe && at >= packets);
    await expect.poll(() => picturesOf(viewer).length - resumed, polling).toBeGreaterThan(3 * fps);
    await viewer.end();
    const all = picturesOf(viewer);
    // Retransmissions of packets lost during the cut may be among them.
    const since = all[resumed]?.timestamp ?? 0;
    const pictures = all.slice(resumed).filter(({ timestamp }) => ((timestamp - since) | 0) >= 0);
    expect(await decoded(viewer, pictures[0]?.at ?? 0)).toBe(pictures.length);
  });
});

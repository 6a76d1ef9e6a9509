// WebRTC of a camera that makes its own keyframes, and seldom.
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
/** Pictures a second, and from one keyframe to the next. */
const [fps, groupLength] = [25, 200];
/** Patient, for a slow machine. */
const patience = { timeout: 30_000, interval: 20 };

interface Picture {
  readonly keyframe: boolean;
  readonly timestamp: number;
  /** Its first packet's place among all that came. */
  readonly at: number;
}

/** The pictures that came, in their order. */
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

/** How many pictures FFmpeg decodes from a packet on; throws if it complains. */
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

  it('shows itself at once to a viewer that comes between two, and all of it can be decoded', async () => {
    await using first = await WhepViewer.open(endpoint());
    // Until the camera itself makes one, and then into the middle.
    await expect.poll(() => keyframesOf(first), patience).toBe(2);
    const from = picturesOf(first).length;
    await expect.poll(() => picturesOf(first).length, patience).toBeGreaterThan(from + 3 * fps);
    await using late = await WhepViewer.open(endpoint());
    const before = picturesOf(first).length;
    await expect.poll(() => picturesOf(late).length, patience).toBeGreaterThan(3 * fps + 1);
    expect(picturesOf(first).length - before, 'pictures of the camera meanwhile').toBeLessThan(2.5 * fps);
    await expect.poll(() => picturesOf(late).length, patience).toBeGreaterThan(5 * fps);
    await late.end();
    const pictures = picturesOf(late);
    expect(pictures[0]?.keyframe).toBe(true);
    const steps = pictures.slice(1).map(({ timestamp }, at) => (timestamp - (pictures[at]?.timestamp ?? 0)) | 0);
    expect(Math.min(...steps), 'ticks from one picture to the next').toBeGreaterThan(0);
    expect(await decoded(late, 0)).toBe(pictures.length);
  });

  it('goes on within three seconds after the line was cut', async () => {
    await using other = await WhepViewer.open(endpoint());
    await expect.poll(() => other.packets.length, patience).toBeGreaterThan(5);
    const ready = server.log.find(({ msg }) => msg === 'WebRTC is ready') as { udp: number };
    await using line = await startLossyUdp(ready.udp);
    await using viewer = await WhepViewer.open(endpoint(), { udpPort: line.port });
    // Right behind one that the camera itself has made, so that its next one is far.
    await expect.poll(() => keyframesOf(viewer), patience).toBe(2);
    line.loss = 1;
    const [from, keyframes] = [picturesOf(other).length, keyframesOf(other)];
    await expect.poll(() => picturesOf(other).length, patience).toBeGreaterThan(from + 1.5 * fps);
    line.loss = 0;
    const cutUntil = picturesOf(other).length;
    const packets = viewer.packets.length;
    const isThere = async (): Promise<boolean> => {
      await viewer.askForKeyframe();
      return keyframesOf(viewer) > 2;
    };
    await expect.poll(isThere, { ...patience, interval: 200 }).toBe(true);
    const waited = picturesOf(other).length - cutUntil;
    expect(waited, 'pictures of the camera until the next keyframe').toBeLessThan(3 * fps);
    expect(keyframesOf(other), 'keyframes that another viewer has got meanwhile').toBe(keyframes);
    // And with it comes the present, which is two seconds and more behind it.
    const resumed = picturesOf(viewer).findIndex(({ keyframe, at }) => keyframe && at >= packets);
    await expect.poll(() => picturesOf(viewer).length - resumed, patience).toBeGreaterThan(3 * fps);
    await viewer.end();
    const all = picturesOf(viewer);
    // What was lost on the cut line may have been sent again among them.
    const since = all[resumed]?.timestamp ?? 0;
    const pictures = all.slice(resumed).filter(({ timestamp }) => ((timestamp - since) | 0) >= 0);
    expect(await decoded(viewer, pictures[0]?.at ?? 0)).toBe(pictures.length);
  });
});

// HLS as programs play it, and what the server keeps for players without a connection.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createFile, MP4BoxBuffer } from 'mp4box';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenInfo } from '../../src/domain/users/user.ts';
import { readMetrics } from '../support/metrics.ts';
import { lacks, programPath } from '../support/programs.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { captures } from '../support/watching.ts';

const run = promisify(execFile);

let server: TestServer;
let token: string;
beforeAll(async () => {
  const cameras = ['front', 'garden'].flatMap((name) => ['--camera', `${name}=test:?width=640&height=480&fps=15`]);
  server = await startServer({ args: [...cameras, '--grace', '1'] });
  token = await server.token();
});
afterAll(() => server.stop());

const bearer = (own = token) => ({ authorization: `Bearer ${own}` });

async function playlist(query = '', own = token, camera = 'front'): Promise<string> {
  const response = await fetch(`${server.url}/cameras/${camera}/index.m3u8${query}`, { headers: bearer(own) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}`);
  return text;
}

async function file(name: string, camera = 'front'): Promise<Buffer> {
  const response = await fetch(`${server.url}/cameras/${camera}/${name}`, { headers: bearer() });
  if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
  expect(response.headers.get('content-type')).toBe('video/mp4');
  return Buffer.from(await response.arrayBuffer());
}

const segmentsIn = (text: string): readonly string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
const mapIn = (text: string): string => /#EXT-X-MAP:URI="([^"]+)"/.exec(text)?.[1] ?? '';
const hintIn = (text: string): string => /PRELOAD-HINT:TYPE=PART,URI="([^"]+)"/.exec(text)?.[1] ?? '';
const numberOf = (name: string): number => Number(/(\d+)\.mp4/.exec(name)?.[1]);

async function viewers(): Promise<number> {
  const metrics = await readMetrics(server.url, token);
  return metrics.value('porthole_rendition_viewers', { camera: 'front', rendition: 'h264-source' });
}

describe('HLS of a camera', () => {
  /** A playlist of the first run of the camera. The next tests are in this order, so that they wait for its end once. */
  let before = '';

  it('is one encode, and one viewer per credential until it has made no request for a while', async () => {
    const other = await server.token({ name: 'another player' });
    [before] = await Promise.all([playlist(), playlist(), playlist('', other)]);
    expect(await viewers()).toBe(2);
    expect(captures(server)).toHaveLength(1);
    const asked = performance.now();
    await expect.poll(viewers, { timeout: 40_000 }).toBe(0);
    expect(performance.now() - asked, 'a player may be quiet for a moment').toBeGreaterThan(8_000);
    await expect.poll(() => captures(server).length, { timeout: 20_000 }).toBe(0);
  });

  it('ends with its token: pending requests fail, and the camera closes', async () => {
    expect(await viewers()).toBe(0);
    const own = await server.token({ name: 'to be revoked' });
    const text = await playlist('', own);
    const next = Number(/MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]) + segmentsIn(text).length + 1;
    const waiting = playlist(`?_HLS_msn=${next}`, own);
    const refused = expect(waiting).rejects.toThrow(/^401/);
    const admin = await server.signIn();
    const tokens = await admin.json<readonly TokenInfo[]>('/api/tokens');
    const info = tokens.find(({ name }) => name === 'to be revoked');
    expect((await admin.send('DELETE', `/api/tokens/${info?.id}`)).ok).toBe(true);
    await refused;
    await expect(playlist('', own)).rejects.toThrow(/^401/);
    expect(await viewers()).toBe(0);
  });

  it('continues with higher numbers for a player that comes back', async () => {
    await expect.poll(() => captures(server).length, { timeout: 60_000 }).toBe(0);
    const old = segmentsIn(before)[0] ?? '';
    await expect(file(old), 'the pictures are gone with the camera').rejects.toThrow(/404 .*over/);
    const after = await playlist();
    const last = (text: string): number => Math.max(...segmentsIn(text).map(numberOf));
    expect(last(after)).toBeGreaterThan(last(before));
    expect(mapIn(after)).not.toBe(mapIn(before));
  });

  it('delays its first playlist until there is a segment, and serves the next one at once', async () => {
    const first = await playlist('', token, 'garden');
    expect(segmentsIn(first).length).toBeGreaterThan(0);
    expect(numberOf(segmentsIn(await playlist('', token, 'garden'))[0] ?? ''), 'at once').toBe(
      numberOf(segmentsIn(first)[0] ?? ''),
    );
    const names = [mapIn(first), segmentsIn(first)[0] ?? ''];
    const bytes = Buffer.concat(await Promise.all(names.map((name) => file(name, 'garden'))));
    const parsed = createFile();
    parsed.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(bytes).buffer, 0));
    parsed.flush();
    const samples = parsed.getTrackSamplesInfo(1);
    expect(samples[0]?.is_sync).toBe(true);
    expect(parsed.getInfo().videoTracks[0]).toMatchObject({ track_width: 640, track_height: 480 });
    const seconds = samples.reduce((sum, { duration }) => sum + duration, 0) / 90_000;
    expect(seconds).toBeCloseTo(Number(/#EXTINF:([\d.]+)/.exec(first)?.[1]), 3);
  });

  it('answers a player that waits for a part as soon as the part exists', async () => {
    const before = await playlist();
    const hint = hintIn(before);
    const [, segment, part] = /(\d+)\.(\d+)\.mp4/.exec(hint) ?? [];
    const [after, bytes] = await Promise.all([playlist(`?_HLS_msn=${segment}&_HLS_part=${part}`), file(hint)]);
    expect(before).not.toContain(`${segment}.${part}.mp4",INDEPENDENT`);
    expect(after).toMatch(new RegExp(`#EXT-X-PART:[^\\n]*${segment}\\.${part}\\.mp4`));
    expect(bytes.toString('latin1', 4, 8)).toBe('moof');
    const next = Number(segment) + 1;
    expect(segmentsIn(await playlist(`?_HLS_msn=${next}`)).map(numberOf)).toContain(next);
  });

  it('refuses to wait for a distant segment', async () => {
    await expect(playlist('?_HLS_msn=99999999999')).rejects.toThrow(/^400: .*too far away/);
  });

  it('reports a camera restart as a discontinuity, and continues', async () => {
    const before = await playlist();
    for (const pid of captures(server)) process.kill(pid, 'SIGKILL');
    const last = Math.max(...segmentsIn(before).map(numberOf));
    await expect
      .poll(() => playlist(), { timeout: 30_000 })
      .toSatisfy((text: string) => text.includes('#EXT-X-DISCONTINUITY\n'));
    await expect
      .poll(async () => Math.max(...segmentsIn(await playlist()).map(numberOf)), { timeout: 30_000 })
      .toBeGreaterThan(last + 1);
  });

  it('is refused while the camera is switched off, including earlier segments', async () => {
    const text = await playlist();
    const admin = await server.signIn();
    const power = (enabled: boolean) => admin.send('PATCH', '/api/cameras/front', { enabled });
    expect((await power(false)).ok).toBe(true);
    try {
      await expect(playlist()).rejects.toThrow(/^409: .*switched off/);
      await expect(file(segmentsIn(text)[0] ?? '')).rejects.toThrow(/409 .*switched off/);
    } finally {
      expect((await power(true)).ok).toBe(true);
    }
  });
});

describe.skipIf(lacks('ffmpeg', 'ffprobe'))('HLS in ffmpeg', () => {
  const address = (path: string): string => `${server.url}${path}${path.includes('?') ? '&' : '?'}token=${token}`;

  it.each([
    ['/cameras/front/index.m3u8', 640, 480],
    ['/cameras/front/index.m3u8?width=320', 320, 240],
    ['/api/stream.m3u8?src=front', 640, 480],
  ])('%s is H.264, and plays on without a gap', async (path, width, height) => {
    await using folder = await temporaryFolder();
    const copy = join(folder.path, 'copy.mp4');
    await run(programPath('ffmpeg'), ['-v', 'error', '-nostdin', '-i', address(path), '-t', '6', '-c', 'copy', copy]);
    const { stdout, stderr } = await run(programPath('ffprobe'), [
      ...['-v', 'warning', '-show_streams', '-show_entries', 'frame=pts_time', '-of', 'json', copy],
    ]);
    expect(stderr, 'what ffprobe complains of').toBe('');
    const { streams, frames } = JSON.parse(stdout) as {
      streams: readonly object[];
      frames: readonly { readonly pts_time: string }[];
    };
    expect(streams).toHaveLength(1);
    expect(streams[0]).toMatchObject({ codec_name: 'h264', width, height });
    expect(frames.length).toBeGreaterThan(50);
    const steps = frames.slice(1).map((frame, index) => Number(frame.pts_time) - Number(frames[index]?.pts_time));
    expect(Math.max(...steps), 'seconds between two pictures').toBeLessThan(1);
    expect(Math.min(...steps)).toBeGreaterThan(0);
  });

  it('reads a segment with its initialisation segment as a file, without errors', async () => {
    await using folder = await temporaryFolder();
    const text = await playlist();
    const path = join(folder.path, 'segment.mp4');
    await writeFile(
      path,
      Buffer.concat(await Promise.all([mapIn(text), segmentsIn(text).at(-1) ?? ''].map((name) => file(name)))),
    );
    const { stderr } = await run(programPath('ffprobe'), ['-v', 'warning', '-show_frames', path]);
    expect(stderr).toBe('');
  });
});

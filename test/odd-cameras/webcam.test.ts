// Webcams whose drivers do what real ones were reported to do, watched through the server.
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CameraInfo } from '../../src/domain/cameras/camera.ts';
import { buildFakeCamera, type FakeCamera, type FakeCameraSwitches, readMark } from '../support/fakecam.ts';
import { lacks } from '../support/programs.ts';
import { startServer } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { capturedAt, watch } from '../support/watching.ts';

const quirks: readonly (readonly [what: string, switches: FakeCameraSwitches])[] = [
  ['calls its format JPEG', { FOURCC: 'JPEG' }],
  ['says that it is interlaced', { INTERLACED: 1 }],
  ['tells no sizes', { NOSIZES: 1 }],
  ['has stepwise sizes', { STEPWISE: 1 }],
  ['has continuous sizes', { STEPWISE: 2 }],
  ['tells no rates', { NORATES: 1 }],
  ['tells rates in units of 100 ns', { TENTHS: 1 }],
  ['has no rate', { NOPARM: 1 }],
  ['has a rate of 0/0', { ZEROPARM: 1 }],
  ['tells neither sizes nor rates', { NOSIZES: 1, NORATES: 1, NOPARM: 1 }],
  ['sends no EOI', { NOEOI: 1 }],
  ['fills up each buffer with zeros', { PAD: 1 }],
  ['sends seven truncated frames of eight', { BAD8: 1 }],
  ['sends some empty frames', { EMPTY: 2 }],
  ['flags some frames as damaged', { ERR: 2 }],
  ['counts no frames', { SEQ0: 1 }],
  ["stamps frames with the wall clock's time", { REALTIME: 1 }],
  ['stamps no frames', { TSZERO: 1 }],
  ['stamps frames an hour ahead', { TSAHEAD: 1 }],
];

describe.skipIf(lacks('cc'))('an odd webcam', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let camera: FakeCamera;
  beforeAll(async () => {
    folder = await temporaryFolder();
    camera = await buildFakeCamera(folder.path);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it.concurrent.each(quirks)('is shown: one that %s', async (_what, switches) => {
    await using server = await startServer({
      args: ['--camera', `front=${camera.device}`],
      env: camera.environment(switches),
    });
    const token = await server.token();
    using viewer = await watch(server, token);
    const parts = [];
    while (parts.length < 8) {
      const part = await viewer.next();
      if (part === null) throw new Error('the stream ended');
      // A placeholder frame has no mark.
      if (readMark(part.bytes) !== null) parts.push(part);
    }
    for (const part of parts) {
      // What libvips calls damaged is an error here.
      const { info } = await sharp(part.bytes, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true });
      expect(`${info.width}×${info.height}`).toBe('640×480');
      expect(part.bytes.subarray(-2).toString('hex'), 'the end of the image').toBe('ffd9');
      const age = Date.now() - capturedAt(part);
      expect(Math.abs(age), 'milliseconds between now and the time of capture').toBeLessThan(60_000);
    }
    const times = parts.map(capturedAt);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    const headers = { authorization: `Bearer ${token}` };
    const { state } = (await (await fetch(`${server.url}/api/cameras/front`, { headers })).json()) as CameraInfo;
    expect(state).toMatchObject({ kind: 'live' });
    expect((await fetch(`${server.url}/cameras/front/snapshot.jpg?width=320`, { headers })).status).toBe(200);
  });
});

// Sound over WebRTC on Porthole's own page: there at a click, and the camera is not listened to without one.
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFlashAndBeep } from '../support/flash-and-beep.ts';
import { readMetrics } from '../support/metrics.ts';
import { lacks } from '../support/programs.ts';
import { eventually, useSite } from '../support/site.ts';

const clip = join(tmpdir(), `porthole-whep-beeps-${process.pid}.mp4`);
beforeAll(() => writeFlashAndBeep(clip, 8));
afterAll(() => rm(clip, { force: true }));
const site = useSite({ args: ['--camera', `front=file:${clip}`, '--grace', '1'] });

interface Heard {
  readonly bytes: number;
  /** The sum of the loudness, as the browser counts it. */
  readonly energy: number;
}

/** What the page's connections that are open have received of sound. */
function heard(page: Page): Promise<Heard> {
  return page.evaluate(async () => {
    const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
    const sum = { bytes: 0, energy: 0 };
    for (const each of connections.filter(({ connectionState }) => connectionState === 'connected')) {
      for (const report of (await each.getStats()).values() as Iterable<Record<string, unknown>>) {
        if (report.type !== 'inbound-rtp' || report.kind !== 'audio') continue;
        sum.bytes += Number(report.bytesReceived ?? 0);
        sum.energy += Number(report.totalAudioEnergy ?? 0);
      }
    }
    return sum;
  });
}

/** True if the video that is shown makes sound. */
const audible = (page: Page) =>
  page
    .locator('.stage')
    .evaluate((stage) =>
      Array.from((stage.shadowRoot ?? stage).querySelectorAll('video')).some((video) => !video.muted && !video.paused),
    );
const transport = (page: Page) =>
  page.locator('.stage').evaluate((stage) => (stage as unknown as { currentTransport: string }).currentTransport);

describe.skipIf(lacks('ffmpeg'))('a page that shows a camera by WebRTC', () => {
  it('hears it once it is unmuted, and is listened for only so long', async () => {
    const token = await site.server.token({ name: 'figures' });
    const listeners = async (): Promise<number> =>
      (await readMetrics(site.server.url, token)).value('porthole_rendition_viewers', {
        camera: 'front',
        rendition: 'opus',
      });
    const page = await (await site.visitor()).newPage();
    await page.addInitScript(() => {
      const connections: RTCPeerConnection[] = [];
      class Noted extends RTCPeerConnection {
        constructor(config?: RTCConfiguration) {
          super(config);
          connections.push(this);
        }
      }
      Object.assign(globalThis, { connections, RTCPeerConnection: Noted });
    });
    await page.goto('/?camera=front');
    await page.getByRole('button', { name: 'Start streaming' }).click();
    await eventually(() => transport(page)).toBe('webrtc');
    expect([await listeners(), (await heard(page)).bytes]).toEqual([0, 0]);

    await page.locator('#mute').click();
    await eventually(async () => (await heard(page)).bytes).toBeGreaterThan(2_000);
    await eventually(async () => (await heard(page)).energy, 'the beeps').toBeGreaterThan(0.001);
    await eventually(() => transport(page)).toBe('webrtc');
    await eventually(() => audible(page)).toBe(true);
    expect(await listeners()).toBe(1);

    await page.locator('#mute').click();
    await eventually(listeners).toBe(0);
    await eventually(() => transport(page)).toBe('webrtc');
    expect(await audible(page)).toBe(false);
  });
});

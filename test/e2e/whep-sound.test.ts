// Audio over WebRTC on Porthole's own page: it starts with a click, and isn't captured without one.
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
  /** The total audio energy, as the browser measures it. */
  readonly energy: number;
}

/** The audio that the page's open connections have received. */
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

/** True if the visible video plays audio. */
const audible = (page: Page) =>
  page
    .locator('.stage')
    .evaluate((stage) =>
      Array.from((stage.shadowRoot ?? stage).querySelectorAll('video')).some((video) => !video.muted && !video.paused),
    );
const transport = (page: Page) =>
  page.locator('.stage').evaluate((stage) => (stage as unknown as { currentTransport: string }).currentTransport);

describe.skipIf(lacks('ffmpeg'))('a page that shows a camera by WebRTC', () => {
  it('plays once unmuted, and is captured only for that long', async () => {
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

// Which transport is chosen, and the fallback when one fails: WebRTC, H.264, JPEG.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { lineBefore, type LossyUdp, useLine } from '../support/lossy-udp.ts';
import { untilMoving, wakeControls } from '../support/picture-on-page.ts';
import { ageTolerance, trueAge } from '../support/true-age.ts';
import { eventually, useSite } from '../support/site.ts';

const site = useSite();

async function watch(before?: () => void, line?: LossyUdp): Promise<Page> {
  const visitor = await site.visitor();
  if (line !== undefined) await useLine(visitor, line);
  const page = await visitor.newPage();
  if (before !== undefined) await page.addInitScript(before);
  await page.goto('/?figures');
  await page.getByRole('button', { name: 'Start streaming' }).click();
  await untilMoving(page);
  return page;
}

const transport = (page: Page) =>
  page.locator('.stage').evaluate((stage) => (stage as unknown as { currentTransport: string }).currentTransport);

/** Every way that is on the screen from now on, in its order. */
async function follow(page: Page): Promise<() => Promise<readonly string[]>> {
  await page.locator('.stage').evaluate((stage) => {
    const ways: string[] = [];
    Object.assign(globalThis, { ways });
    stage.addEventListener('transportchange', (event) =>
      ways.push((event as CustomEvent<{ transport: string }>).detail.transport),
    );
  });
  return () => page.evaluate(() => (globalThis as unknown as { ways: string[] }).ways);
}

describe('the transport', () => {
  it('is WebRTC if it connects, and the stats say so', async () => {
    const page = await watch();
    await eventually(() => transport(page)).toBe('webrtc');
    await untilMoving(page);
    expect(await page.locator('[data-figure=transport]').textContent()).toBe('WebRTC');
    await eventually(() => page.locator('[data-figure=age]').textContent()).toMatch(/^\d+\u00a0ms$/);
    await eventually(() => page.locator('[data-figure=bitrate]').textContent()).toMatch(/bit\/s$/);
    // It stays: nothing worse or better is tried behind it.
    const ways = await follow(page);
    await page.waitForTimeout(5_000);
    expect(await ways()).toEqual([]);
    expect(await page.locator('.picture > video').count()).toBe(1);
  });

  it('reports the true latency of WebRTC', async () => {
    const page = await watch();
    await eventually(() => transport(page)).toBe('webrtc');
    await untilMoving(page);
    expect(Math.abs((await trueAge(page, site.server)).error)).toBeLessThan(ageTolerance);
  });

  it('reports the true latency of JPEG', async () => {
    const page = await watch(() => localStorage.setItem('transport', 'jpeg'));
    expect(Math.abs((await trueAge(page, site.server)).error)).toBeLessThan(ageTolerance);
  });

  it('reports the true latency on a slow network', async () => {
    await using line = await lineBefore(site);
    line.delay = 300;
    const page = await watch(undefined, line);
    await eventually(() => transport(page)).toBe('webrtc');
    await untilMoving(page);
    const { age, error } = await trueAge(page, site.server);
    expect(age).toBeGreaterThan(line.delay);
    expect(Math.abs(error)).toBeLessThan(ageTolerance);
  });

  it('changes its size over WebRTC without a gap', async () => {
    const page = await watch();
    await eventually(() => transport(page)).toBe('webrtc');
    const seen = await page.locator('.stage').evaluateHandle((stage) => {
      const states: string[] = [];
      stage.addEventListener('statechange', (event) =>
        states.push((event as CustomEvent<{ kind: string }>).detail.kind),
      );
      return states;
    });
    await page.getByLabel('Video size').selectOption('320');
    await eventually(() => page.locator('[data-figure=size]').textContent()).toBe('320\u00a0×\u00a0240');
    await eventually(() => transport(page)).toBe('webrtc');
    await eventually(() => page.locator('[data-figure=size]').textContent()).toBe('320\u00a0×\u00a0240');
    expect((await seen.jsonValue()).filter((kind) => kind !== 'live')).toEqual([]);
    await page.getByLabel('Video size').selectOption('source');
    await eventually(() => page.locator('[data-figure=size]').textContent()).toBe('640\u00a0×\u00a0480');
  });

  it('is H.264 over the WebSocket if WebRTC never connects, and stays so', async () => {
    const page = await watch(() => {
      // As behind a firewall: an answer comes, and nothing else.
      RTCPeerConnection.prototype.setRemoteDescription = () => Promise.resolve();
    });
    await eventually(() => transport(page)).toBe('h264');
    await untilMoving(page);
    const ways = await follow(page);
    await page.waitForTimeout(6_000);
    expect(await ways()).toEqual([]);
  });

  it('falls back step by step as each transport fails, moving all the time', async () => {
    const page = await watch(() => {
      const connections: RTCPeerConnection[] = [];
      const Real = RTCPeerConnection;
      Object.assign(globalThis, { connections, broken: false });
      globalThis.RTCPeerConnection = class extends Real {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          if ((globalThis as unknown as { broken: boolean }).broken) throw new Error('broken for a test');
          connections.push(this);
        }
      };
    });
    await eventually(() => transport(page)).toBe('webrtc');
    const ways = await follow(page);
    await page.evaluate(() => {
      const { connections } = globalThis as unknown as { connections: RTCPeerConnection[] };
      Object.assign(globalThis, { broken: true });
      // Nothing of it comes any more, and nobody says so.
      for (const each of connections) for (const { track } of each.getReceivers()) track.stop();
    });
    await eventually(() => transport(page)).toBe('h264');
    await untilMoving(page);
    await page.evaluate(() => {
      SourceBuffer.prototype.appendBuffer = () => {
        throw new DOMException('broken for a test', 'InvalidStateError');
      };
    });
    await eventually(() => transport(page)).toBe('jpeg');
    await untilMoving(page);
    expect(await ways()).toEqual(['jpeg', 'h264', 'jpeg']);
  });

  it('is the pinned one', async () => {
    const page = await watch();
    await eventually(() => transport(page)).toBe('webrtc');
    for (const [name, way] of [
      ['JPEG', 'jpeg'],
      ['H.264', 'h264'],
      ['WebRTC', 'webrtc'],
    ] as const) {
      await wakeControls(page);
      await page.getByLabel('More').click();
      await page.getByRole('button', { name, exact: true }).click();
      await eventually(() => transport(page)).toBe(way);
      await untilMoving(page);
    }
  });
});

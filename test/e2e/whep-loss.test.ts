// WebRTC on networks that lose packets.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { type LossyUdp, startLossyUdp } from '../support/lossy-udp.ts';
import { eventually, useSite } from '../support/site.ts';
import { untilVideoMoves, watchByWhep } from '../support/whep-page.ts';

// Large and fast enough for several packets per frame.
const site = useSite({ args: ['--camera', 'front=test:?width=640&height=480&fps=30', '--ice-tcp-port', 'auto'] });

interface Counts {
  readonly framesDecoded: number;
  readonly nackCount: number;
  readonly packetsLost: number;
  readonly keyFramesDecoded: number;
  readonly totalFreezesDuration: number;
}

const counts = (page: Page): Promise<Counts> =>
  page.evaluate(async () => {
    const { pc } = window as unknown as { pc: RTCPeerConnection };
    const reports = [...(await pc.getStats()).values()] as { type: string; kind?: string }[];
    return reports.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video') as unknown as Counts;
  });

/** A page that watches over a lossy network. */
async function watchOver(prepare: (line: LossyUdp) => void = () => undefined): Promise<{ page: Page; line: LossyUdp }> {
  const page = await (await site.visitor({ complaints: /favicon/ })).newPage();
  await page.goto('/healthz');
  // The ports open with the first offer.
  await page.evaluate(() => fetch('/whep', { method: 'OPTIONS' }));
  await watchByWhep(page, { url: '/cameras/front/whep' });
  const ready = site.server.log.find(({ msg }) => msg === 'WebRTC is ready') as { udp?: number } | undefined;
  const line = await startLossyUdp(ready?.udp ?? 0);
  prepare(line);
  await page.reload();
  const { status } = await watchByWhep(page, { url: '/cameras/front/whep', udpPort: line.port });
  expect(status).toBe(201);
  return { page, line };
}

describe('a lossy network', () => {
  it('that loses 5 % of the packets for twenty seconds shows the camera all the time', async () => {
    const { page, line } = await watchOver();
    await using _line = line;
    await untilVideoMoves(page);
    const before = await counts(page);
    line.loss = 0.05;
    await page.waitForTimeout(20_000);
    // A busy machine sends fewer packets.
    await eventually(() => line.lost).toBeGreaterThan(20);
    line.loss = 0;
    const after = await counts(page);
    expect(after.nackCount - before.nackCount).toBeGreaterThan(0);
    // The test pattern has 30 frames per second; the machine may be busy.
    expect(after.framesDecoded - before.framesDecoded).toBeGreaterThan(300);
    expect(after.totalFreezesDuration - before.totalFreezesDuration, 'seconds frozen').toBeLessThan(4);
    await untilVideoMoves(page);
  });

  it('that is cut for 400 ms gets every lost packet retransmitted', async () => {
    const { page, line } = await watchOver();
    await using _line = line;
    await untilVideoMoves(page);
    const before = await counts(page);
    line.loss = 1;
    await page.waitForTimeout(400);
    line.loss = 0;
    await eventually(async () => (await counts(page)).nackCount).toBeGreaterThan(before.nackCount);
    // Retransmitted packets no longer count as lost.
    await eventually(async () => (await counts(page)).packetsLost).toBe(before.packetsLost);
    await untilVideoMoves(page);
  });

  it('that is cut for three seconds resumes with a keyframe', async () => {
    const { page, line } = await watchOver();
    await using _line = line;
    await untilVideoMoves(page);
    const before = await counts(page);
    line.loss = 1;
    await page.waitForTimeout(3_000);
    line.loss = 0;
    await eventually(async () => (await counts(page)).keyFramesDecoded).toBeGreaterThan(before.keyFramesDecoded);
    await untilVideoMoves(page);
  });

  it('that blocks UDP uses TCP', async () => {
    const { page, line } = await watchOver((each) => {
      each.loss = 1;
    });
    await using _line = line;
    await untilVideoMoves(page);
    expect(line.lost).toBeGreaterThan(0);
  });
});

// WebRTC by camera-streamer's messages, in a page that does what Mainsail's and Fluidd's do.
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { readMetrics } from '../support/metrics.ts';
import { startOtherSite } from '../support/other-site.ts';
import { eventually, useSite } from '../support/site.ts';
import { untilVideoMoves } from '../support/whep-page.ts';

const site = useSite();

/** Watches as their players do; resolves with the statuses of what was posted, once the answer was. */
async function watch(page: Page, url: string): Promise<readonly number[]> {
  return page.evaluate(async (address) => {
    const statuses: number[] = [];
    // The first message goes without a type: a text, for browsers.
    const post = async (message: object, headers: Record<string, string> = {}): Promise<Response> => {
      const response = await fetch(address, { method: 'POST', body: JSON.stringify(message), headers });
      statuses.push(response.status);
      return response;
    };
    const json = { 'Content-Type': 'application/json' };
    const response = await post({ type: 'request', iceServers: null });
    const offer = (await response.json()) as { id: string; type: 'offer'; sdp: string; iceServers: RTCIceServer[] };
    const pc = new RTCPeerConnection({ iceServers: offer.iceServers });
    const video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true, playsInline: true });
    document.body.append(video);
    pc.addTransceiver('video', { direction: 'recvonly' });
    pc.onicecandidate = ({ candidate }) => {
      if (candidate !== null) void post({ id: offer.id, type: 'remote_candidate', candidates: [candidate] }, json);
    };
    pc.ontrack = ({ streams }) => {
      video.srcObject = streams[0] ?? null;
    };
    Object.assign(window, { pc });
    await pc.setRemoteDescription(offer);
    await pc.setLocalDescription(await pc.createAnswer());
    await post({ type: pc.localDescription?.type, id: offer.id, sdp: pc.localDescription?.sdp }, json);
    return statuses;
  }, url);
}

async function viewers(): Promise<number> {
  const metrics = await readMetrics(site.server.url, await site.server.token({ name: `metrics ${Math.random()}` }));
  return metrics.value('porthole_rendition_viewers', { camera: 'front', rendition: 'h264-source' });
}

it.each(['of Porthole’s own address', 'of another site that is in settings'])(
  'a page %s sees the camera really move, until it leaves',
  async (whose) => {
    await using other = await startOtherSite('<!doctype html><title>printer</title>');
    const isForeign = whose.includes('another');
    const token = await site.server.token({ name: `for ${whose}` });
    if (isForeign) {
      const admin = await site.server.signIn();
      expect((await admin.send('PUT', '/api/settings', { origins: [other.origin] })).status).toBe(200);
    }
    const page = await (await site.visitor({ complaints: /favicon/ })).newPage();
    await page.goto(isForeign ? `${other.origin}/` : '/healthz');
    const address = isForeign ? site.server.url : '';
    const statuses = await watch(page, `${address}/webrtc?token=${token}`);
    expect(new Set(statuses)).toEqual(new Set([200]));
    await untilVideoMoves(page);
    expect(await viewers()).toBe(1);
    await page.evaluate(() => (window as unknown as { pc: RTCPeerConnection }).pc.close());
    await eventually(viewers).toBe(0);
  },
);

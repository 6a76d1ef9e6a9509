// WebRTC by camera-streamer's messages, in a page that does what Mainsail's and Fluidd's do.
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
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

/** Watches as OctoPrint does, which makes the offer; resolves with the status of the answer. */
async function watchAsOctoPrint(page: Page, url: string): Promise<number> {
  return page.evaluate(async (address) => {
    const pc = new RTCPeerConnection();
    const video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true, playsInline: true });
    document.body.append(video);
    pc.ontrack = ({ track, streams }) => {
      if (track.kind === 'video') video.srcObject = streams[0] ?? null;
    };
    pc.addTransceiver('video', { direction: 'recvonly' });
    pc.addTransceiver('audio', { direction: 'recvonly' });
    Object.assign(window, { pc });
    await pc.setLocalDescription(await pc.createOffer());
    if (pc.iceGatheringState !== 'complete') {
      await new Promise<void>((resolve) => {
        pc.onicegatheringstatechange = () => {
          if (pc.iceGatheringState === 'complete') resolve();
        };
      });
    }
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json; charset=UTF-8', 'Cache-Control': 'no-cache' },
      body: JSON.stringify({ sdp: pc.localDescription?.sdp, type: pc.localDescription?.type }),
    });
    await pc.setRemoteDescription((await response.json()) as RTCSessionDescriptionInit);
    return response.status;
  }, url);
}

async function viewers(): Promise<number> {
  const metrics = await site.server.metrics();
  return metrics.value('porthole_rendition_viewers', { camera: 'front', rendition: 'h264-source' });
}

it.each([
  ['of Porthole’s own address', 'as Mainsail does'],
  ['of another site that is in settings', 'as Mainsail does'],
  ['of another site that is in settings', 'as OctoPrint does'],
])('a page %s sees the camera really move, %s, until it leaves', async (whose, how) => {
  await using other = await startOtherSite('<!doctype html><title>printer</title>');
  const isForeign = whose.includes('another');
  const token = await site.server.token({ name: `for ${whose}, ${how}` });
  if (isForeign) {
    const admin = await site.server.signIn();
    expect((await admin.send('PUT', '/api/settings', { origins: [other.origin] })).status).toBe(200);
  }
  const page = await (await site.visitor({ complaints: /favicon/ })).newPage();
  await page.goto(isForeign ? `${other.origin}/` : '/healthz');
  const address = isForeign ? site.server.url : '';
  const url = `${address}/webrtc?token=${token}`;
  const statuses = how.includes('OctoPrint') ? [await watchAsOctoPrint(page, url)] : await watch(page, url);
  expect(new Set(statuses)).toEqual(new Set([200]));
  await untilVideoMoves(page);
  expect(await viewers()).toBe(1);
  await page.evaluate(() => (window as unknown as { pc: RTCPeerConnection }).pc.close());
  await eventually(viewers).toBe(0);
});

// WHEP in pages that aren't Porthole's.
import { describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { browserBundle } from '../support/browser-bundle.ts';
import { eventually, useSite, type VisitorOptions } from '../support/site.ts';
import { ageTolerance, trueAge } from '../support/true-age.ts';
import type { PlayerPage } from '../support/webrtc-player-page.ts';
import { untilVideoMoves, watchByWhep } from '../support/whep-page.ts';

const site = useSite();

/** A blank page on the server's origin. */
async function plainPage(options: VisitorOptions = {}): Promise<Page> {
  const page = await (await site.visitor({ complaints: /favicon|whep/, ...options })).newPage();
  await page.goto('/healthz');
  return page;
}

async function viewers(): Promise<number> {
  const metrics = await site.server.metrics();
  return metrics.value('porthole_rendition_viewers', { camera: 'front', rendition: 'h264-source' });
}

/** A page whose session has ended; browsers notice that after some time. */
let ended: Page | undefined;

const state = (page: Page) => page.evaluate(() => (window as unknown as { pc: RTCPeerConnection }).pc.connectionState);

describe('a plain page with RTCPeerConnection', () => {
  it.each([
    ['with all candidates in its offer', false],
    ['that sends its candidates later', true],
  ])('%s shows a moving camera', async (_, trickle) => {
    const page = await plainPage();
    const { status, sdp } = await watchByWhep(page, { url: '/cameras/front/whep', trickle });
    expect(status, sdp).toBe(201);
    await untilVideoMoves(page);
    expect(await viewers()).toBe(1);
    await page.evaluate(() => (window as unknown as { pc: RTCPeerConnection }).pc.close());
    await eventually(viewers).toBe(0);
  });

  it('is told that it receives no audio', async () => {
    const page = await plainPage();
    const { sdp } = await watchByWhep(page, { url: '/cameras/front/whep' });
    expect(sdp).toMatch(/m=audio 0 [^\r]*\r\n(?:a=(?!sendonly)[^\r]*\r\n|c=[^\r]*\r\n)*a=inactive/);
    expect(
      await page.evaluate(() =>
        (window as unknown as { pc: RTCPeerConnection }).pc
          .getTransceivers()
          .map(({ currentDirection }) => currentDirection),
      ),
    ).toEqual(['recvonly']);
    await page.evaluate(() => (window as unknown as { pc: RTCPeerConnection }).pc.close());
  });

  it('ends its session with DELETE', async () => {
    const page = await plainPage({ stays: true });
    const { location } = await watchByWhep(page, { url: '/cameras/front/whep' });
    await untilVideoMoves(page);
    const answer = await page.evaluate(async (url) => (await fetch(url ?? '', { method: 'DELETE' })).status, location);
    expect(answer).toBe(200);
    await eventually(viewers).toBe(0);
    ended = page;
  });

  it('is removed when it closes without DELETE', async () => {
    const page = await plainPage();
    await watchByWhep(page, { url: '/cameras/front/whep' });
    await untilVideoMoves(page);
    await page.close();
    await eventually(viewers).toBe(0);
  });
});

describe('a page whose network blocks UDP', () => {
  it('shows the camera over TCP', async () => {
    const page = await plainPage();
    const { status } = await watchByWhep(page, { url: '/cameras/front/whep', without: '^a=candidate.* udp ' });
    expect(status).toBe(201);
    await untilVideoMoves(page);
    const protocols = await page.evaluate(async () => {
      const { pc } = window as unknown as { pc: RTCPeerConnection };
      const reports = [...(await pc.getStats()).values()] as {
        type: string;
        nominated?: boolean;
        remoteCandidateId: string;
        id: string;
        protocol: string;
      }[];
      const used = reports.filter(({ type, nominated }) => type === 'candidate-pair' && nominated === true);
      return used.map(({ remoteCandidateId }) => reports.find(({ id }) => id === remoteCandidateId)?.protocol);
    });
    expect(protocols).toEqual(['tcp']);
    await page.evaluate(() => (window as unknown as { pc: RTCPeerConnection }).pc.close());
  });
});

describe('a third-party WHEP client', () => {
  it('(whip-whep) shows the camera, with a token and trickle ICE, and ends its session', async () => {
    const page = await plainPage();
    const token = await site.server.token({ name: 'whip-whep' });
    await page.evaluate(await browserBundle('whip-whep/whep.js'));
    await page.evaluate(
      async ({ url, token }) => {
        const { WHEPClient } = (
          globalThis as unknown as {
            bundle: {
              WHEPClient: new () => { view(pc: RTCPeerConnection, url: string, token: string): Promise<void> };
            };
          }
        ).bundle;
        const pc = new RTCPeerConnection();
        const video = document.createElement('video');
        Object.assign(video, { muted: true, autoplay: true });
        document.body.append(video);
        pc.addTransceiver('audio', { direction: 'recvonly' });
        pc.addTransceiver('video', { direction: 'recvonly' });
        pc.ontrack = ({ streams }) => {
          video.srcObject = streams[0] ?? null;
        };
        const client = new WHEPClient();
        Object.assign(globalThis, { client, pc });
        await client.view(pc, url, token);
      },
      { url: `${site.server.url}/cameras/front/whep`, token },
    );
    await untilVideoMoves(page);
    await page.evaluate(() => (globalThis as unknown as { client: { stop(): Promise<void> } }).client.stop());
    await eventually(viewers).toBe(0);
  });
});

describe("Porthole's own player", () => {
  const inPage = <T>(page: Page, read: (page: PlayerPage) => T): Promise<T> =>
    page.evaluate<T>(`(${String(read)})(globalThis.page)`);

  async function play(url: string): Promise<Page> {
    const page = await plainPage();
    await page.evaluate(await browserBundle('./webrtc-player-page.ts'));
    await page.evaluate((to) => (globalThis as unknown as { page: PlayerPage }).page.play(to), url);
    return page;
  }

  it('shows a moving camera, its transport and its true age', async () => {
    const page = await play('/cameras/front/whep');
    await untilVideoMoves(page);
    expect(await inPage(page, ({ events }) => events)).toEqual(['shown']);
    await eventually(() => inPage(page, ({ player }) => player?.protocol)).toBe('udp');
    await eventually(() => inPage(page, ({ player }) => player?.stats().bitrate ?? 0)).toBeGreaterThan(1_000);
    await eventually(() => inPage(page, ({ player }) => player?.stats().fps ?? 0)).toBeGreaterThan(5);

    expect(Math.abs((await trueAge(page, site.server)).error)).toBeLessThan(ageTolerance);

    await inPage(page, ({ player }) => player?.close());
    await eventually(viewers).toBe(0);
    expect(await page.locator('video').count()).toBe(0);
    expect(await inPage(page, ({ events }) => events)).toEqual(['shown']);
  });

  it('reports it when the server ends the session', async () => {
    const page = await play('/cameras/front/whep');
    await untilVideoMoves(page);
    await page.context().request.post('/logout', { headers: { 'x-csrf-token': await csrf(page) }, form: {} });
    await eventually(() => inPage(page, ({ events }) => events)).toEqual(['shown', 'failed: error']);
  });

  it("reports a camera that doesn't exist", async () => {
    const page = await play('/cameras/none/whep');
    await eventually(() => inPage(page, ({ events }) => events)).toEqual(['failed: error']);
  });
});

async function csrf(page: Page): Promise<string> {
  const me = await page.context().request.get('/api/me');
  return ((await me.json()) as { csrfToken: string }).csrfToken;
}

it('a page whose session was ended is not connected any more', async () => {
  await eventually(() => state(ended as Page)).not.toBe('connected');
});

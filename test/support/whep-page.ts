import type { Page } from 'playwright-core';
import { readBarCode } from './bar-code.ts';
import { eventually, frontSize } from './site.ts';

/** Options of {@link watchByWhep}. */
export interface WhepWatching {
  /** The endpoint, relative to the page. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Uses trickle ICE: posts the offer at once, and sends candidates as they are found. */
  readonly trickle?: boolean;
  /** Options of the RTCPeerConnection, such as `iceTransportPolicy`. */
  readonly config?: object;
  /** Drops candidates of the answer that match this pattern. */
  readonly without?: string;
  /** The port on 127.0.0.1 to send UDP to, instead of the server's. */
  readonly udpPort?: number;
}

/** The result. */
export interface WhepAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly sdp: string;
}

/**
 * Watches in a page that knows nothing of Porthole: with `RTCPeerConnection` and a `<video>`, as the first example of
 * WHEP does. The connection is `window.pc` then.
 */
export async function watchByWhep(page: Page, watching: WhepWatching): Promise<WhepAnswer> {
  return page.evaluate(async ({ url, headers = {}, trickle = false, config = {}, without, udpPort }) => {
    const pc = new RTCPeerConnection(config);
    const video = document.createElement('video');
    Object.assign(video, { muted: true, autoplay: true, playsInline: true });
    document.body.append(video);
    pc.ontrack = ({ track }) => {
      video.srcObject = new MediaStream([track]);
    };
    pc.addTransceiver('audio', { direction: 'recvonly' });
    pc.addTransceiver('video', { direction: 'recvonly' });
    const found: RTCIceCandidate[] = [];
    const complete = new Promise<void>((resolve) => {
      pc.onicecandidate = ({ candidate }) => {
        if (candidate === null) resolve();
        else found.push(candidate);
      };
    });
    const offer = await pc.createOffer();
    if (!trickle) {
      await pc.setLocalDescription(offer);
      await complete;
    }
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', ...headers },
      body: (trickle ? offer : pc.localDescription)?.sdp ?? '',
    });
    const sdp = await response.text();
    const relative = response.headers.get('location');
    const location = relative === null ? null : new URL(relative, response.url).href;
    Object.assign(window, { pc, video });
    if (response.status !== 201 || location === null) return { status: response.status, location, sdp };
    if (trickle) await pc.setLocalDescription(offer);
    const lines = sdp.split('\r\n').filter((line) => without === undefined || !new RegExp(without).test(line));
    const moved = lines.map((line) =>
      udpPort === undefined ? line : line.replace(/^(a=candidate:\w+ 1 udp \d+ )\S+ \d+/, `$1127.0.0.1 ${udpPort}`),
    );
    await pc.setRemoteDescription({ type: 'answer', sdp: moved.join('\r\n') });
    if (trickle) {
      await complete;
      const ufrag = /a=ice-ufrag:(.*)/.exec(offer.sdp ?? '')?.[1]?.trim() ?? '';
      const lines = found.map(({ candidate }) => `a=${candidate}\r\n`).join('');
      const patched = await fetch(location, {
        method: 'PATCH',
        headers: {
          'content-type': 'application/trickle-ice-sdpfrag',
          'if-match': response.headers.get('etag') ?? '',
          ...headers,
        },
        body: `a=ice-ufrag:${ufrag}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n${lines}a=end-of-candidates\r\n`,
      });
      if (patched.status !== 204) throw new Error(`PATCH: ${patched.status} ${await patched.text()}`);
    }
    return { status: response.status, location, sdp };
  }, watching);
}

/** The frame number in the bar code of the page's last video; null while it shows none. */
export async function numberInVideo(page: Page): Promise<number | null> {
  const url = await page.evaluate(() => {
    const video = [...document.querySelectorAll('video')].at(-1);
    if (video === undefined || video.videoWidth === 0) return null;
    const copy = document.createElement('canvas');
    copy.width = video.videoWidth;
    copy.height = video.videoHeight;
    copy.getContext('2d')?.drawImage(video, 0, 0);
    return copy.toDataURL('image/png');
  });
  return url === null ? null : readBarCode(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'), frontSize);
}

/** Waits until the page's video shows advancing frames of the test pattern. */
export async function untilVideoMoves(page: Page): Promise<void> {
  let last = Infinity;
  let moves = 0;
  await eventually(async () => {
    const number = await numberInVideo(page);
    if (number !== null) {
      if (number > last) moves += 1;
      last = number;
    }
    return moves >= 3;
  }, 'the video moves').toBe(true);
}

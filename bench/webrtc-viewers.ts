import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import nodeDataChannel from 'node-datachannel';

/**
 * The counterpart of fanload for WebRTC: viewers over WHEP in one process, which prints the same line of JSON.
 *
 *   webrtc-viewers.ts [--header 'Name: value'] URL VIEWERS SECONDS WARMUP
 *
 * A frame counts when its last packet has arrived. Its age is calculated from its RTP timestamp (docs/transports.md) and
 * the wall clock, which is that of the same machine.
 */
const { values, positionals } = parseArgs({ options: { header: { type: 'string' } }, allowPositionals: true });
const [url = '', ...numbers] = positionals;
const [count = 1, seconds = 5, warmup = 2] = numbers.map(Number);
const [name = 'accept', value = '*/*'] = values.header?.split(': ') ?? [];

const { PeerConnection, RtcpReceivingSession, Video } = nodeDataChannel;
nodeDataChannel.initLogger('Error', () => undefined);

const ages: number[] = [];
let begins = Infinity;
let bytes = 0;

/** A viewer that does not decode its video. */
class Viewer {
  readonly #peer = new PeerConnection(randomUUID(), { iceServers: [], bindAddress: '127.0.0.1' });
  readonly #openedAt = performance.now();
  readonly #track;
  /** When the first frame was complete, in milliseconds since the offer; NaN before. */
  first = NaN;
  frames = 0;

  constructor() {
    const video = new Video('0', 'RecvOnly');
    video.addH264Codec(96, 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1');
    this.#track = this.#peer.addTrack(video);
    // Sends receiver reports, without which the server closes the session.
    this.#track.setMediaHandler(new RtcpReceivingSession());
    this.#track.onMessage((packet) => this.#take(packet));
  }

  /** Sends the offer and waits for the connection. */
  async open(): Promise<void> {
    const gathered = new Promise<void>((resolve) => {
      this.#peer.onGatheringStateChange((state) => state === 'complete' && resolve());
    });
    const connected = new Promise<void>((resolve) => {
      this.#peer.onStateChange((state) => state === 'connected' && resolve());
    });
    this.#peer.setLocalDescription('offer');
    await gathered;
    const body = this.#peer.localDescription()?.sdp ?? '';
    const headers = { 'content-type': 'application/sdp', [name]: value };
    const response = await fetch(url, { method: 'POST', headers, body });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`${response.status} ${answer}`);
    this.#peer.setRemoteDescription(answer, 'answer');
    await connected;
  }

  close(): void {
    this.#peer.close();
  }

  #take(packet: Buffer): void {
    bytes += packet.length;
    const isLast = ((packet[1] ?? 0) & 0x80) !== 0;
    if (!isLast) return;
    const now = performance.timeOrigin + performance.now();
    if (Number.isNaN(this.first)) this.first = performance.now() - this.#openedAt;
    if (now < begins) return;
    this.frames += 1;
    ages.push(((now * 90 - packet.readUInt32BE(4)) % 2 ** 32) / 90);
  }
}

const viewers: Viewer[] = [];
// One after the other: the server limits the pending sessions of a client.
for (let opened = 0; opened < count; opened += 1) {
  const viewer = new Viewer();
  viewers.push(viewer);
  await viewer.open();
}
await sleep(warmup * 1_000);
begins = performance.timeOrigin + performance.now();
const before = bytes;
console.error('measuring');
await sleep(seconds * 1_000);
const quantile = (of: readonly number[], share: number): number =>
  of.toSorted((a, b) => a - b)[Math.round((of.length - 1) * share)] ?? NaN;
const rates = viewers.map(({ frames }) => frames / seconds);
const firsts = viewers.map(({ first }) => first);
console.log(
  JSON.stringify({
    viewers: count,
    served: firsts.filter((first) => !Number.isNaN(first)).length,
    fps_min: quantile(rates, 0),
    fps_med: quantile(rates, 0.5),
    lat_p50: quantile(ages, 0.5),
    lat_p99: quantile(ages, 0.99),
    first_p50: quantile(firsts, 0.5),
    first_max: quantile(firsts, 1),
    MBps: (bytes - before) / seconds / 1e6,
  }),
);
for (const viewer of viewers) viewer.close();
process.exit(0);

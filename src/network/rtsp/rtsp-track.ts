import { saysGoodbye } from '../../formats/rtp/rtcp.ts';
import type { DescribedTrack } from '../../formats/rtsp/description.ts';
import type { UdpTrack } from './udp-track.ts';

/** How long a camera that says goodbye may take to go on, in milliseconds: some say it and send on. */
const goodbyeLimit = 1_000;

/** Options of {@link RtspTrack}. */
export interface RtspTrackOptions {
  /** The URL under which the camera has set the track up. */
  readonly url: string;
  /** The camera's channels for interleaved media, RTP's first. */
  readonly channels: readonly number[];
  /** The ports of a track over UDP; else null. */
  readonly udp: UdpTrack | null;
  /** Receives a packet, with four bytes before it. `part` is 0 for RTP, and 1 for RTCP. */
  readonly write: (part: 0 | 1, bytes: Buffer) => void;
  /** Called once, with the first packet of RTP. */
  readonly heard: () => void;
  /** Called if the camera has said goodbye, and sends no more. */
  readonly ended: () => void;
}

/** A track that was set up with an RTSP camera. */
export class RtspTrack implements Disposable {
  readonly url: string;
  readonly channels: Set<number>;
  readonly #described: DescribedTrack;
  readonly #options: RtspTrackOptions;
  #rtpChannel: number;
  #heard = false;
  /** True once interleaved media have arrived. */
  #isInterleaved: boolean;
  /** The payload type of a camera that uses another one than it describes. */
  #otherType: number | null = null;
  /** True once a packet had a payload type that is described: others belong to something else. */
  #keepsTypes = false;
  #goodbye: NodeJS.Timeout | undefined;

  constructor(described: DescribedTrack, options: RtspTrackOptions) {
    const { url, channels, udp } = options;
    this.url = url;
    this.channels = new Set(channels);
    this.#rtpChannel = channels[0] ?? 0;
    this.#described = described;
    this.#options = options;
    this.#isInterleaved = udp === null;
  }

  /** True if no RTP has arrived yet. */
  get isSilent(): boolean {
    return !this.#heard;
  }

  /** True if the camera describes the track with the payload type of this RTP packet, which has four bytes before it. */
  describes(bytes: Buffer): boolean {
    return this.#described.payloadTypes.includes(typeOf(bytes));
  }

  /** Follows a camera that sends on another channel than it has said. */
  moveTo(channel: number): void {
    this.#rtpChannel = channel;
    this.channels.add(channel);
  }

  /** Takes an interleaved packet, with its header of four bytes. */
  takeInterleaved(bytes: Buffer): void {
    this.#isInterleaved = true;
    this.#take(bytes);
  }

  /** Takes a packet that came over UDP. */
  takeDatagram(packet: Buffer): void {
    this.#take(framed(packet));
  }

  /** Wraps a packet of RTCP for the connection; null if it was sent over UDP. */
  report(rtcp: Buffer): Buffer | null {
    if (!this.#isInterleaved) {
      this.#options.udp?.send(rtcp);
      return null;
    }
    const bytes = framed(rtcp);
    bytes[1] = this.#rtpChannel + 1;
    return bytes;
  }

  #take(bytes: Buffer): void {
    if (isRtcp(bytes)) {
      this.#takeReport(bytes);
      return;
    }
    clearTimeout(this.#goodbye);
    this.#correctType(bytes);
    if (!this.#heard) {
      this.#heard = true;
      this.#options.heard();
    }
    this.#options.write(0, bytes);
  }

  /** Readers end the stream at a goodbye, so they learn of none. */
  #takeReport(bytes: Buffer): void {
    if (!saysGoodbye(bytes.subarray(4))) {
      this.#options.write(1, bytes);
      return;
    }
    clearTimeout(this.#goodbye);
    if (this.#described.type === 'video') this.#goodbye = setTimeout(() => this.#options.ended(), goodbyeLimit);
  }

  /** Readers drop packets of a payload type that was not described. */
  #correctType(bytes: Buffer): void {
    const [first] = this.#described.payloadTypes;
    if (first === undefined || bytes.length < 6 || this.#keepsTypes) return;
    this.#keepsTypes = this.describes(bytes);
    if (this.#keepsTypes) return;
    this.#otherType ??= typeOf(bytes);
    if (typeOf(bytes) === this.#otherType) bytes[5] = ((bytes[5] as number) & 0x80) | first;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#goodbye);
    this.#options.udp?.[Symbol.dispose]();
  }
}

/** Finds the track of an interleaved packet by its channel, and where that is not clear, by its payload type. */
export function trackOf(tracks: readonly RtspTrack[], channel: number, bytes: Buffer): RtspTrack | null {
  const [track, ...others] = tracks.filter((each) => each.channels.has(channel));
  if (track !== undefined && others.length === 0) return track;
  if (isRtcp(bytes)) return track ?? null;
  if (track !== undefined) return [track, ...others].find((each) => each.describes(bytes)) ?? track;
  const moved = tracks.find((each) => each.isSilent && each.describes(bytes));
  moved?.moveTo(channel);
  return moved ?? null;
}

function typeOf(bytes: Buffer): number {
  return (bytes[5] ?? 0) & 0x7f;
}

/** True for RTCP, which cameras also send on RTP's channel (RFC 5761, section 4). */
function isRtcp(bytes: Buffer): boolean {
  const type = bytes[5] ?? 0;
  return type >= 192 && type <= 223;
}

/** A packet with the header of interleaved media before it, in which the channel is 0. */
export function framed(packet: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x24, 0, packet.length >> 8, packet.length & 0xff]), packet]);
}

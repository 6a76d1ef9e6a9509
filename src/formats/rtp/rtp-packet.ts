/** The fixed header (RFC 3550, section 5.1), and the extension in front of the first packet of a frame. */
const fixedHeader = 12;
const extension = 16;

/** The longest RTP packet, in bytes. With DTLS-SRTP, UDP and IPv6 around it, it fits every common MTU. */
export const longestPacket = 1_200;

/** The longest payload, in bytes. */
export const longestPayload = longestPacket - fixedHeader - extension;

/** The URI of the header extension that carries the capture time. */
export const captureTimeUri = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

/** The header fields that differ from viewer to viewer (RFC 3550, section 5.1). */
export interface RtpHeader {
  readonly payloadType: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, see {@link rtpTime}. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** The capture time as {@link ntpTime}. Only the first packet of a frame carries it. */
  readonly captured: bigint;
  /** The negotiated id of {@link captureTimeUri}; 0 if the viewer doesn't support it. */
  readonly captureId: number;
}

/**
 * One RTP packet without the header fields that differ from viewer to viewer. It is immutable, so all viewers share it;
 * {@link write} completes it in a buffer that the caller owns.
 */
export class RtpPacket {
  readonly #payload: readonly Buffer[];
  readonly #marker: boolean;
  readonly #isFirst: boolean;
  /** Bytes on the wire, before encryption and without the header extension. */
  readonly length: number;

  /**
   * @param payload parts of the payload; the packet keeps references to them
   * @param marker true for the last packet of a frame
   * @param isFirst true for the first packet of a frame
   */
  constructor(payload: readonly Buffer[], marker: boolean, isFirst: boolean) {
    this.#payload = payload;
    this.#marker = marker;
    this.#isFirst = isFirst;
    this.length = payload.reduce((sum, part) => sum + part.length, fixedHeader);
  }

  /**
   * Writes the complete packet for one viewer to the start of `target`.
   *
   * @param target at least {@link longestPacket} bytes
   * @returns the packet, a view of `target`: it is valid until the caller writes to `target` again
   */
  write(target: Buffer, header: RtpHeader): Buffer {
    const extended = this.#isFirst && header.captureId > 0;
    target[0] = extended ? 0x90 : 0x80;
    target[1] = (this.#marker ? 0x80 : 0) | header.payloadType;
    target.writeUInt16BE(header.sequence, 2);
    target.writeUInt32BE(header.timestamp, 4);
    target.writeUInt32BE(header.ssrc, 8);
    if (extended) writeCaptureTime(target, header);
    let at = extended ? fixedHeader + extension : fixedHeader;
    for (const part of this.#payload) at += part.copy(target, at);
    return target.subarray(0, at);
  }
}

/** One element with a one-byte header (RFC 8285, section 4.2). */
function writeCaptureTime(target: Buffer, { captureId, captured }: RtpHeader): void {
  target.writeUInt16BE(0xbede, fixedHeader);
  target.writeUInt16BE(3, fixedHeader + 2);
  target[fixedHeader + 4] = (captureId << 4) | 7;
  target.writeBigUInt64BE(captured, fixedHeader + 5);
  target.fill(0, fixedHeader + 13, fixedHeader + extension);
}

/** Milliseconds since 1970 as an NTP timestamp: seconds since 1900 in 32 bits, and their fraction in 32 more. */
export function ntpTime(milliseconds: number): bigint {
  const seconds = Math.floor(milliseconds / 1000);
  const fraction = Math.floor(((milliseconds - seconds * 1000) / 1000) * 2 ** 32);
  return (BigInt(seconds + 2_208_988_800) << 32n) | BigInt(fraction);
}

/**
 * Milliseconds since 1970 in ticks of an RTP stream's clock.
 *
 * @param rate ticks per second: 90,000 for video
 */
export function rtpTicks(milliseconds: number, rate: number): number {
  return Math.floor(milliseconds * (rate / 1000));
}

/**
 * The RTP timestamp of a time in {@link rtpTicks}: its lowest 32 bits. A receiver can derive the capture time from it
 * without any other signalling.
 */
export function rtpTime(ticks: number): number {
  return ticks % 2 ** 32;
}

/** Room in front of each payload: the fixed header, and the extension of the first packet of a picture. */
const fixedHeader = 12;
const extension = 16;
const headerRoom = extension + fixedHeader;

/** RTP packets are no longer than this, in bytes: with DTLS-SRTP, UDP and IPv6 around them they fit every usual line. */
const longestPacket = 1_200;

/** The longest payload, in bytes. */
export const longestPayload = longestPacket - headerRoom;

/** The name of the header extension that carries the capture time. */
export const captureTimeUri = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';

/** What differs from viewer to viewer in the header of a packet (RFC 3550, section 5.1). */
export interface RtpHeader {
  readonly payloadType: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, see {@link rtpTime}. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** When the picture was captured, as {@link ntpTime}; goes with the first packet of a picture only. */
  readonly captured: bigint;
  /** The negotiated number of {@link captureTimeUri}; 0 when the viewer does not know it. */
  readonly captureId: number;
}

/**
 * One RTP packet without what its header says of a viewer: that is written over the last viewer's just before it is
 * sent, so that all viewers share one packet and nothing is copied.
 */
export class RtpPacket {
  readonly #bytes: Buffer;
  /** The same without the extension. */
  readonly #plain: Buffer;
  readonly #marker: boolean;
  readonly #isFirst: boolean;

  /**
   * @param marker true for the last packet of a picture
   * @param isFirst true for the first one
   */
  constructor(payload: readonly Buffer[], marker: boolean, isFirst: boolean) {
    this.#bytes = Buffer.allocUnsafeSlow(headerRoom + payload.reduce((sum, { length }) => sum + length, 0));
    this.#plain = this.#bytes.subarray(extension);
    this.#marker = marker;
    this.#isFirst = isFirst;
    let at = headerRoom;
    for (const part of payload) at += part.copy(this.#bytes, at);
  }

  /** Bytes on the wire, before encryption. */
  get length(): number {
    return this.#plain.length;
  }

  /** The packet for one viewer; what was given for another one is overwritten. */
  for(header: RtpHeader): Buffer {
    const extended = this.#isFirst && header.captureId > 0;
    const bytes = extended ? this.#bytes : this.#plain;
    bytes[0] = extended ? 0x90 : 0x80;
    bytes[1] = (this.#marker ? 0x80 : 0) | header.payloadType;
    bytes.writeUInt16BE(header.sequence, 2);
    bytes.writeUInt32BE(header.timestamp, 4);
    bytes.writeUInt32BE(header.ssrc, 8);
    if (extended) writeCaptureTime(bytes, header);
    return bytes;
  }
}

/** One element with a one-byte header (RFC 8285, section 4.2). */
function writeCaptureTime(bytes: Buffer, { captureId, captured }: RtpHeader): void {
  bytes.writeUInt16BE(0xbede, fixedHeader);
  bytes.writeUInt16BE(3, fixedHeader + 2);
  bytes[fixedHeader + 4] = (captureId << 4) | 7;
  bytes.writeBigUInt64BE(captured, fixedHeader + 5);
  bytes.fill(0, fixedHeader + 13, headerRoom);
}

/** Milliseconds since 1970 as a timestamp of NTP: seconds since 1900 in 32 bits, and their fraction in 32 more. */
export function ntpTime(milliseconds: number): bigint {
  const seconds = Math.floor(milliseconds / 1000);
  const fraction = Math.floor(((milliseconds - seconds * 1000) / 1000) * 2 ** 32);
  return (BigInt(seconds + 2_208_988_800) << 32n) | BigInt(fraction);
}

/**
 * The RTP timestamp of a time: the ticks of the stream's clock since 1970, the lowest 32 bits. So whoever receives it
 * knows when it was captured, without being told anything else.
 *
 * @param milliseconds since 1970
 * @param rate ticks per second: 90,000 for video
 */
export function rtpTime(milliseconds: number, rate: number): number {
  return Math.floor(milliseconds * (rate / 1000)) % 2 ** 32;
}

import { readBaseline } from '../jpeg/baseline.ts';
import { longestPayload, RtpPacket } from './rtp-packet.ts';

/** The largest width and height: a byte of the header counts blocks of 8 pixels (RFC 2435, section 3.1.5). */
export const longestJpegSide = 255 * 8;
/** Q: the quantisation tables are in the first packet of each frame, and change from frame to frame. */
const tablesInBand = 255;

/**
 * Splits a JPEG into RTP packets (RFC 2435). They share its memory.
 *
 * @returns none for a JPEG that can't be sent so: see {@link readBaseline}, and {@link longestJpegSide}
 */
export function packetizeJpeg(jpeg: Buffer): readonly RtpPacket[] {
  const image = readBaseline(jpeg);
  if (image === null || Math.max(image.width, image.height) > longestJpegSide || image.scan.length === 0) return [];
  const { scan, interval, tables } = image;
  const packets: RtpPacket[] = [];
  for (let offset = 0; offset < scan.length;) {
    const isFirst = offset === 0;
    const header = Buffer.concat([
      mainHeader(image, offset),
      ...(interval > 0 ? [restartHeader(interval)] : []),
      ...(isFirst ? [Buffer.from([0, 0, 0, 128]), ...tables] : []),
    ]);
    const part = scan.subarray(offset, offset + longestPayload - header.length);
    offset += part.length;
    packets.push(new RtpPacket([header, part], offset === scan.length, isFirst));
  }
  return packets;
}

/** Section 3.1. */
function mainHeader({ width, height, sampling, interval }: ImageFacts, offset: number): Buffer {
  const type = (sampling === '4:2:2' ? 0 : 1) + (interval > 0 ? 64 : 0);
  const header = Buffer.from([0, 0, 0, 0, type, tablesInBand, Math.ceil(width / 8), Math.ceil(height / 8)]);
  header.writeUIntBE(offset, 1, 3);
  return header;
}

interface ImageFacts {
  readonly width: number;
  readonly height: number;
  readonly sampling: '4:2:2' | '4:2:0';
  readonly interval: number;
}

/** Section 3.1.7: packets are no whole intervals, so receivers put a frame together before they decode it. */
function restartHeader(interval: number): Buffer {
  const header = Buffer.from([0, 0, 0xff, 0xff]);
  header.writeUInt16BE(interval, 0);
  return header;
}

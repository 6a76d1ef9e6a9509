import type { IncomingPacket } from './incoming-packet.ts';
import type { ReceivedFrame, VideoFrames, VideoSink } from './video-frames.ts';

/** A packet, of which tests name what matters. */
export function packet(payload: Buffer, { timestamp = 0, marker = false } = {}): IncomingPacket {
  return { payload, timestamp, marker, payloadType: 96, sequence: 0, ssrc: 1 };
}

/** The bytes of an RTP packet (RFC 3550, section 5.1). */
export function rtpBytes({ payload, timestamp, marker, payloadType, sequence, ssrc }: IncomingPacket): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 0x80;
  header[1] = (marker ? 0x80 : 0) | payloadType;
  header.writeUInt16BE(sequence, 2);
  header.writeUInt32BE(timestamp, 4);
  header.writeUInt32BE(ssrc, 8);
  return Buffer.concat([header, payload]);
}

/** The results of a {@link VideoFrames}. */
export interface Found {
  readonly frames: ReceivedFrame[];
  waiting: number;
  damaged: number;
  readonly unsupported: string[];
}

/** Makes a {@link VideoFrames}, and collects what it finds. */
export function collecting<Frames extends VideoFrames>(make: (sink: VideoSink) => Frames): [Frames, Found] {
  const found: Found = { frames: [], waiting: 0, damaged: 0, unsupported: [] };
  const receiver = make({
    frame: (frame) => found.frames.push(frame),
    waiting: () => (found.waiting += 1),
    damaged: () => (found.damaged += 1),
    unsupported: (detail) => found.unsupported.push(detail),
  });
  return [receiver, found];
}

import type { IncomingPacket } from './incoming-packet.ts';

/** Splits the packets of an audio track into frames. */
export interface AudioFrames {
  /** Gives the frames in a packet to `sink`, each with its RTP timestamp. The memory of a frame is its own. */
  push(packet: IncomingPacket, lost: boolean, sink: (bytes: Buffer, timestamp: number) => void): void;
}

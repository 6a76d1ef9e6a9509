import type { IncomingPacket } from './incoming-packet.ts';

/**
 * Receives the frames in a packet.
 *
 * @param bytes memory that nobody else has
 * @param timestamp RTP's timestamp of the first sample
 * @param samples from the first sample of the frame to the last one of the packet, which was sent right after it
 */
export type AudioSink = (bytes: Buffer, timestamp: number, samples: number) => void;

/** Splits the packets of an audio track into frames. */
export interface AudioFrames {
  /** Gives the frames in a packet to `sink`. */
  push(packet: IncomingPacket, lost: boolean, sink: AudioSink): void;
}

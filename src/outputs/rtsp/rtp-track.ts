import { randomInt } from 'node:crypto';
import { audioRate, samplesOf } from '../../domain/media/audio.ts';
import { toWallClock } from '../../domain/clock.ts';
import { EvenTicks } from '../../domain/even-ticks.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { Codec } from '../../domain/media/rendition.ts';
import { PerFrame } from '../../fanout/per-frame.ts';
import { nalUnits, parameterSetsOf, type ParameterSets } from '../../formats/h264/h264.ts';
import { packetizeAac } from '../../formats/rtp/aac-payload.ts';
import { packetize } from '../../formats/rtp/h264-payload.ts';
import { packetizeJpeg } from '../../formats/rtp/jpeg-payload.ts';
import { packetizeOpus } from '../../formats/rtp/opus-payload.ts';
import { senderReport } from '../../formats/rtp/rtcp.ts';
import { ntpTime, type RtpPacket, rtpTicks, rtpTime } from '../../formats/rtp/rtp-packet.ts';

/** The RTP payload format of a codec. */
interface Payload {
  /** The payload type in its packets: JPEG has a static one (RFC 3551, section 6). */
  readonly type: number;
  /** Ticks per second of its timestamps. */
  readonly clockRate: number;
  readonly packetize: (bytes: Buffer) => readonly RtpPacket[];
}

const payloads: Readonly<Record<Codec, Payload>> = {
  h264: { type: 96, clockRate: 90_000, packetize },
  jpeg: { type: 26, clockRate: 90_000, packetize: packetizeJpeg },
  aac: { type: 97, clockRate: audioRate, packetize: packetizeAac },
  opus: { type: 98, clockRate: audioRate, packetize: packetizeOpus },
};

/** The header of an interleaved packet (RFC 2326, section 10.12), in bytes. */
export const interleavedHeader = 4;
const dollar = 0x24;

/** A frame as RTP packets. */
export interface PackedFrame {
  /** All packets, each behind the header of an interleaved packet on {@link usualChannel}. */
  readonly bytes: Buffer;
  /** Where each of them begins in the bytes. */
  readonly starts: readonly number[];
}

/** The channel of RTP that most clients choose for a track: 0 for video, 2 for audio. RTCP has the next one. */
export function usualChannel(codec: Codec): number {
  return codec === 'h264' || codec === 'jpeg' ? 0 : 2;
}

/**
 * One Broadcast as an RTP stream, shared by all its viewers: sequence numbers, timestamps and identifier are the same for
 * all, and so are the bytes. A viewer that misses frames sees that in the sequence numbers.
 */
export class RtpTrack {
  readonly codec: Codec;
  readonly payloadType: number;
  readonly clockRate: number;
  /** Identifies the stream in its packets and reports. */
  readonly ssrc = randomInt(1, 2 ** 32);
  readonly #packetize: Payload['packetize'];
  readonly #cname: string;
  /** Milliseconds since 1970 at the zero of the monotonic clock, when the track was made. */
  readonly #epoch = toWallClock(0);
  readonly #packed = new PerFrame((frame) => this.#pack(frame));
  /** Of audio, whose frames all have the same length. */
  readonly #ticks: EvenTicks | null;
  #sequence = randomInt(2 ** 15);
  /** The last timestamp, before it is cut to 32 bits. */
  #lastTicks = -Infinity;
  #packets = 0;
  #bytes = 0;
  #sets: ParameterSets | null = null;

  /** @param cname the same for the tracks of a server, so that receivers put audio and video together */
  constructor(codec: Codec, cname: string) {
    const { type, clockRate, packetize } = payloads[codec];
    this.codec = codec;
    this.payloadType = type;
    this.clockRate = clockRate;
    this.#packetize = packetize;
    this.#cname = cname;
    this.#ticks = codec === 'aac' || codec === 'opus' ? new EvenTicks(audioRate, samplesOf[codec]) : null;
  }

  /** The parameter sets of the last H.264 keyframe; null before it. */
  get parameterSets(): ParameterSets | null {
    return this.#sets;
  }

  /**
   * A frame's packets: none if the payload format can't carry it. Frames are numbered when they are asked for first, so
   * every viewer asks for each frame in order.
   */
  pack(frame: Frame): PackedFrame {
    return this.#packed.of(frame);
  }

  /**
   * A sender report (RFC 3550, section 6.4.1), by which receivers put audio and video together.
   *
   * @param at the time that it tells on both clocks, in milliseconds of the monotonic clock
   */
  report(at: number): Buffer {
    return senderReport({
      ssrc: this.ssrc,
      cname: this.#cname,
      now: ntpTime(toWallClock(at)),
      timestamp: rtpTime(rtpTicks(at + this.#epoch, this.clockRate)),
      packets: this.#packets,
      bytes: this.#bytes,
    });
  }

  #pack(frame: Frame): PackedFrame {
    if (frame.keyframe && this.codec === 'h264') this.#sets = parameterSetsOf(nalUnits(frame.bytes)) ?? this.#sets;
    const packets = this.#packetize(frame.bytes);
    const timestamp = rtpTime(this.#place(frame));
    const bytes = Buffer.allocUnsafeSlow(packets.reduce((sum, { length }) => sum + interleavedHeader + length, 0));
    const starts: number[] = [];
    let at = 0;
    for (const packet of packets) {
      this.#sequence = (this.#sequence + 1) & 0xffff;
      const header = { payloadType: this.payloadType, sequence: this.#sequence, timestamp, ssrc: this.ssrc };
      packet.write(bytes.subarray(at + interleavedHeader), { ...header, captured: 0n, captureId: 0 });
      writeInterleavedHeader(bytes, at, usualChannel(this.codec), packet.length);
      starts.push(at);
      at += interleavedHeader + packet.length;
    }
    this.#packets += packets.length;
    this.#bytes += at - packets.length * 16;
    return { bytes, starts };
  }

  /** The time of a frame in ticks. It never goes back. */
  #place({ capturedAt }: Frame): number {
    const captured = rtpTicks(capturedAt + this.#epoch, this.clockRate);
    const ticks = this.#ticks?.place(captured) ?? captured;
    this.#lastTicks = Math.max(ticks, this.#lastTicks + 1);
    return this.#lastTicks;
  }
}

/** Writes the header of an interleaved packet: `$`, the channel, and the length of the packet behind it. */
export function writeInterleavedHeader(target: Buffer, at: number, channel: number, length: number): void {
  target[at] = dollar;
  target[at + 1] = channel;
  target.writeUInt16BE(length, at + 2);
}

/** The RTP tracks of a server, by the numbers of their Broadcasts. */
export class RtpTracks {
  readonly #tracks = new Map<number, RtpTrack>();
  readonly #cname = `porthole-${randomInt(2 ** 40).toString(36)}`;

  /** @param stream the Broadcast's number */
  of(stream: number, codec: Codec): RtpTrack {
    let track = this.#tracks.get(stream);
    if (track === undefined) {
      track = new RtpTrack(codec, this.#cname);
      this.#tracks.set(stream, track);
    }
    return track;
  }
}

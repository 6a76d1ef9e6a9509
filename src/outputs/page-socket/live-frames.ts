import { toWallClock } from '../../domain/clock.ts';
import type { Frame } from '../../domain/frame.ts';
import type { AudioCodec } from '../../domain/audio.ts';
import { EncodedFrames, wrapped } from '../../fanout/encoded-frames.ts';
import { Fmp4Tracks, type Fmp4Track } from '../mp4/fmp4-track.ts';
import { FrameWire } from '../../fanout/frame-wire.ts';
import { planFragment, writeFragment } from '../../formats/fmp4/video.ts';
import type { GopWire } from '../../fanout/gop-writer.ts';
import type { AudioWire } from '../../fanout/audio-writer.ts';

/**
 * The bytes of a frame on the page's WebSocket: a binary message (RFC 6455, section 5.2), little endian inside:
 *
 * | offset | type | what |
 * | --- | --- | --- |
 * | 0 | u8 | version, 1 |
 * | 1 | u8 | kind: 1 JPEG, 2 a fragment of MP4, 3 the initialisation segment that the fragments behind it need; 4 a fragment of MP4 with sound, 5 its initialisation segment |
 * | 2 | u16 | flags: bit 0 keyframe |
 * | 4 | u32 | stream: which Broadcast |
 * | 8 | u32 | sequence |
 * | 12 | u16 | width in pixels; 0 of sound |
 * | 14 | u16 | height in pixels; 0 of sound |
 * | 16 | f64 | capture time, milliseconds since the epoch by the server's clock |
 * | 24 | u32 | 0 |
 * | 28 | u32 | 0 |
 * | 32 | | the JPEG, the fragment or the segment |
 */
const headerLength = 32;
const kinds = { jpeg: 1, fragment: 2, init: 3, audioFragment: 4, audioInit: 5 } as const;

/** The encoders of a server: one for each Broadcast that a page has watched. */
export class LiveFrameEncoders {
  readonly #pictures = new Map<number, FrameWire>();
  readonly #wires = new Map<number, GopWire>();
  readonly #audios = new Map<number, AudioWire>();
  readonly #tracks: Fmp4Tracks;

  /** @param tracks the H.264 Broadcasts as MP4, shared with other deliveries */
  constructor(tracks = new Fmp4Tracks()) {
    this.#tracks = tracks;
  }

  /**
   * What makes the messages of a JPEG Broadcast: each frame's once, shared by all viewers, since a server's frames bear
   * no mask.
   *
   * @param stream the Broadcast's number
   */
  pictures(stream: number): FrameWire {
    let wire = this.#pictures.get(stream);
    if (wire === undefined) {
      const messages = new EncodedFrames((frame) => encodeJpeg(stream, frame));
      wire = new FrameWire((frame) => messages.of(frame));
      this.#pictures.set(stream, wire);
    }
    return wire;
  }

  /** The same for an H.264 Broadcast. */
  wire(stream: number): GopWire {
    let wire = this.#wires.get(stream);
    if (wire === undefined) {
      wire = new LiveWire(stream, this.#tracks.of(stream));
      this.#wires.set(stream, wire);
    }
    return wire;
  }

  /** The same for a Broadcast of sound. */
  audio(stream: number, codec: AudioCodec): AudioWire {
    let wire = this.#audios.get(stream);
    if (wire === undefined) {
      const track = this.#tracks.audio(stream, codec);
      const fragments = new EncodedFrames((frame) => {
        track.place(frame);
        return encodePart(stream, frame, kinds.audioFragment, track.fragment(frame));
      });
      wire = {
        init: (frame) => encodePart(stream, frame, kinds.audioInit, track.init),
        bytes: (frame) => fragments.of(frame),
      };
      this.#audios.set(stream, wire);
    }
    return wire;
  }
}

/** An H.264 Broadcast on the page's WebSocket. */
class LiveWire implements GopWire {
  readonly #track: Fmp4Track;
  readonly #messages: EncodedFrames;
  readonly #stream: number;
  /** The last initialisation segment, and its message. */
  #segment: Buffer | null = null;
  #init: Buffer = Buffer.alloc(0);

  constructor(stream: number, track: Fmp4Track) {
    this.#stream = stream;
    this.#track = track;
    this.#messages = new EncodedFrames((frame) => encodeFragment(stream, frame, track));
  }

  note(frame: Frame): void {
    this.#track.place(frame);
  }

  init(keyframe: Frame): Buffer {
    const segment = this.#track.init(keyframe);
    if (segment === this.#segment) return this.#init;
    this.#segment = segment;
    this.#init = encodePart(this.#stream, keyframe, kinds.init, segment);
    return this.#init;
  }

  bytes(frame: Frame): Buffer {
    return this.#messages.of(frame);
  }
}

function encodeJpeg(stream: number, frame: Frame): Buffer {
  const { length } = frame.bytes;
  const message = wrapped(frame, headLength(length), 0);
  writeHead(message, stream, frame, kinds.jpeg, length);
  return message;
}

function encodeFragment(stream: number, frame: Frame, track: Fmp4Track): Buffer {
  const plan = planFragment(frame.bytes);
  const head = headLength(plan.length);
  const message = Buffer.allocUnsafeSlow(head + plan.length);
  writeHead(message, stream, frame, kinds.fragment, plan.length);
  writeFragment(message, head, track.place(frame), plan);
  return message;
}

/** A message with a part of MP4 that is there already. */
function encodePart(stream: number, frame: Frame, kind: number, part: Buffer): Buffer {
  const head = headLength(part.length);
  const message = Buffer.allocUnsafeSlow(head + part.length);
  writeHead(message, stream, frame, kind, part.length);
  part.copy(message, head);
  return message;
}

/** The length of everything before a message's content, in bytes. */
function headLength(length: number): number {
  const payload = headerLength + length;
  return (payload < 126 ? 2 : payload < 65_536 ? 4 : 10) + headerLength;
}

/** Writes everything before a message's content, which is so many bytes long. */
function writeHead(message: Buffer, stream: number, frame: Frame, kind: number, length: number): void {
  const payload = headerLength + length;
  const at = headLength(length) - headerLength;
  message[0] = 0x82; // the whole message in one frame, binary
  if (at === 2) message[1] = payload;
  else if (at === 4) {
    message[1] = 126;
    message.writeUInt16BE(payload, 2);
  } else {
    message[1] = 127;
    message.writeBigUInt64BE(BigInt(payload), 2);
  }
  message.writeUInt8(1, at);
  message.writeUInt8(kind, at + 1);
  message.writeUInt16LE(frame.keyframe ? 1 : 0, at + 2);
  message.writeUInt32LE(stream, at + 4);
  message.writeUInt32LE(frame.sequence, at + 8);
  message.writeUInt16LE(frame.width, at + 12);
  message.writeUInt16LE(frame.height, at + 14);
  message.writeDoubleLE(toWallClock(frame.capturedAt), at + 16);
  message.fill(0, at + 24, at + headerLength);
}

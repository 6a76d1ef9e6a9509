import type { AudioCodec } from '../../domain/media/audio.ts';
import { toWallClock } from '../../domain/clock.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { AudioFormat } from '../../fanout/audio-writer.ts';
import type { GopFormat } from '../../fanout/gop-writer.ts';
import { PerFrame } from '../../fanout/per-frame.ts';
import { planFragment, writeFragment } from '../../formats/fmp4/video.ts';
import { messageHeaderLength, writeMessageHeader } from '../../formats/websocket/message-header.ts';
import { type Fmp4Track, Fmp4Tracks } from '../mp4/fmp4-track.ts';

/**
 * A frame on the page's WebSocket: a binary message (RFC 6455, section 5.2), little endian inside:
 *
 * | offset | type | what |
 * | --- | --- | --- |
 * | 0 | u8 | version, 1 |
 * | 1 | u8 | kind: 1 JPEG, 2 a fragment of MP4, 3 the initialisation segment that the fragments after it need, 4 a fragment of MP4 with audio, 5 its initialisation segment |
 * | 2 | u16 | flags: bit 0 keyframe |
 * | 4 | u32 | stream: which Broadcast |
 * | 8 | u32 | sequence |
 * | 12 | u16 | width in pixels; 0 for audio |
 * | 14 | u16 | height in pixels; 0 for audio |
 * | 16 | f64 | capture time, milliseconds since the epoch by the server's clock |
 * | 24 | u32 | 0 |
 * | 28 | u32 | 0 |
 * | 32 | | the JPEG, the fragment or the segment |
 */
const headerLength = 32;
const kinds = { jpeg: 1, fragment: 2, init: 3, audioFragment: 4, audioInit: 5 } as const;

/** What encodes the messages of a server: one encoder for each Broadcast that a page has watched. */
export class LiveFrameEncoders {
  readonly #jpegs = new Map<number, PerFrame<Buffer>>();
  readonly #h264s = new Map<number, GopFormat>();
  readonly #audios = new Map<number, AudioFormat>();
  readonly #tracks: Fmp4Tracks;

  /** @param tracks the H.264 and audio Broadcasts as MP4, shared with other outputs */
  constructor(tracks = new Fmp4Tracks()) {
    this.#tracks = tracks;
  }

  /**
   * Encodes frames of a JPEG Broadcast, each once: a server's messages are not masked, so all viewers share them.
   *
   * @param stream the Broadcast's number
   */
  jpeg(stream: number): PerFrame<Buffer> {
    const encode = (frame: Frame): Buffer => encodePart(stream, frame, kinds.jpeg, frame.bytes);
    return madeOnce(this.#jpegs, stream, () => new PerFrame(encode, { keep: 'last' }));
  }

  /** The same for an H.264 Broadcast. */
  h264(stream: number): GopFormat {
    return madeOnce(this.#h264s, stream, () => {
      const track = this.#tracks.of(stream);
      const messages = new PerFrame((frame) => encodeFragment(stream, frame, track));
      let last: { readonly segment: Buffer; readonly message: Buffer } | null = null;
      return {
        note: (frame) => void track.place(frame),
        init: (keyframe) => {
          const segment = track.init(keyframe);
          if (segment !== last?.segment) {
            last = { segment, message: encodePart(stream, keyframe, kinds.init, segment) };
          }
          return last.message;
        },
        bytes: (frame) => messages.of(frame),
      };
    });
  }

  /** The same for an audio Broadcast. */
  audio(stream: number, codec: AudioCodec): AudioFormat {
    return madeOnce(this.#audios, stream, () => {
      const track = this.#tracks.audio(stream, codec);
      const messages = new PerFrame((frame) => {
        track.place(frame);
        return encodePart(stream, frame, kinds.audioFragment, track.fragment(frame));
      });
      return {
        init: (frame) => encodePart(stream, frame, kinds.audioInit, track.init),
        bytes: (frame) => messages.of(frame),
      };
    });
  }
}

function madeOnce<T>(made: Map<number, T>, stream: number, make: () => T): T {
  let one = made.get(stream);
  if (one === undefined) {
    one = make();
    made.set(stream, one);
  }
  return one;
}

function encodeFragment(stream: number, frame: Frame, track: Fmp4Track): Buffer {
  const plan = planFragment(frame.bytes);
  const head = headLength(plan.length);
  const message = Buffer.allocUnsafeSlow(head + plan.length);
  writeHead(message, stream, frame, kinds.fragment, plan.length);
  writeFragment(message, head, track.place(frame), plan);
  return message;
}

/** A message around content that exists already: a JPEG, or a part of MP4. */
function encodePart(stream: number, frame: Frame, kind: number, part: Buffer): Buffer {
  const head = headLength(part.length);
  const message = Buffer.allocUnsafeSlow(head + part.length);
  writeHead(message, stream, frame, kind, part.length);
  part.copy(message, head);
  return message;
}

/** The length of everything before a message's content of this length, in bytes. */
function headLength(length: number): number {
  return messageHeaderLength(headerLength + length) + headerLength;
}

/** Writes everything before a message's content. */
function writeHead(message: Buffer, stream: number, frame: Frame, kind: number, length: number): void {
  const at = headLength(length) - headerLength;
  writeMessageHeader(message, 'binary', headerLength + length);
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

import { PortholeError } from '../errors.ts';
import type { Size } from '../media/size.ts';
import { type Sentence, sentence } from '../../messages/sentence.ts';

const kilobyte = 1_024;
const megabyte = 1_024 * kilobyte;

/**
 * Limits of the claims and data of a camera. More is refused before memory is allocated for it, and told in words. The camera may
 * be broken, somebody else's, or an attacker's.
 */
export const cameraLimits = {
  /** Pixels of a frame: 8192 × 8192. A decoder needs one and a half to four bytes for each, and several frames. */
  pixels: 64 * megabyte,
  /** The longest side of a frame, in pixels, as JPEG and the frame pipe count it. */
  side: 65_535,
  /** Pixels and the longest side of a frame that is encoded as H.264: those of level 6.2 (table A-1), and of x264. */
  h264: { pixels: 139_264 * 256, side: 16_384 },
  /** Frames per second. A higher rate is taken for an unknown one. */
  rate: 1_000,
  /** One frame as a camera encodes it, in bytes. */
  frame: 32 * megabyte,
  /** Data between two frames of an MJPEG stream, in bytes. */
  betweenFrames: 32 * megabyte,
  /** Data of a stream that FFmpeg reads, between two frames or before the first one, in bytes: it keeps all of it. */
  withoutFrame: 64 * megabyte,
  /** One frame on the frame pipe, in bytes: Porthole encodes JPEGs larger than a camera does. */
  encodedFrame: 64 * megabyte,
  /** The head of an HTTP reply, in bytes. */
  httpHead: 64 * kilobyte,
  /** The line before a chunk of an HTTP reply, in bytes. */
  httpChunkLine: kilobyte,
  /** The part that is kept of the head of a part of an MJPEG stream, in bytes. */
  partHead: 2 * kilobyte,
  /** The head of an RTSP reply, in bytes. */
  rtspHead: 64 * kilobyte,
  /** The body of an RTSP reply, such as the description of the stream (SDP), in bytes. */
  rtspBody: megabyte,
  /** Tracks in the description of an RTSP stream. */
  tracks: 64,
  /** Media that arrive before an RTSP camera has answered PLAY, in bytes. */
  earlyMedia: 16 * megabyte,
  /** Media of an RTSP camera over UDP that wait for FFmpeg, in bytes. */
  waitingMedia: 16 * megabyte,
  /** Answers and reports that an RTSP camera has not read, in bytes. */
  unreadAnswers: 64 * kilobyte,
  /** Channels of audio. */
  audioChannels: 64,
  /** Samples of audio per second. */
  audioRate: 768_000,
  /** Lines of a camera's captures in the log, per level and minute. */
  logLines: 30,
  /** Memory of a capture process, in bytes, where it is not configured. */
  captureMemory: 1_500_000_000,
} as const;

/** The error for a camera beyond a limit. @param claim its data, and @param limit the limit: nouns, in words */
export function beyondLimit(claim: string | Sentence, limit: string | Sentence): PortholeError {
  return new PortholeError('source_beyond_limits', {
    message: sentence('camera_beyond', { claim, limit }),
  });
}

/** Checks the size of a camera's frames. @returns the reason why it is not accepted; null if it is */
export function refuseSize({ width, height }: Size): PortholeError | null {
  if (width * height <= cameraLimits.pixels && Math.max(width, height) <= cameraLimits.side) return null;
  return beyondLimit(
    sentence('camera_beyond_size', { width, height }),
    sentence('camera_beyond_megapixels', { most: Math.round(cameraLimits.pixels / 1e6) }),
  );
}

/** Checks whether H.264 can have this size. @returns the reason why it cannot; null if it can */
export function refuseH264({ width, height }: Size): PortholeError | null {
  const { pixels, side } = cameraLimits.h264;
  if (width * height <= pixels && Math.max(width, height) <= side) return null;
  return new PortholeError('video_unsupported', {
    message: sentence('camera_beyond_h264', { megapixels: Math.floor(pixels / 1e6), side, width, height }),
  });
}

/** Checks the length of one frame. @returns the reason why it is not accepted; null if it is */
export function refuseLength(bytes: number): PortholeError | null {
  return bytes <= cameraLimits.frame
    ? null
    : beyondLimit(sentence('camera_beyond_frame', { size: inMegabytes(bytes) }), frameLimit);
}

/** Bytes in words. */
export function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / megabyte)}\u00a0MB`;
}

const frameLimit = sentence('camera_beyond_up_to', { size: inMegabytes(cameraLimits.frame) });

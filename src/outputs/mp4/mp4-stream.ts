import type { Frame } from '../../domain/media/frame.ts';
import type { Rendition } from '../../domain/media/rendition.ts';
import type { FrameSource } from '../../fanout/frame-source.ts';
import { GopWriter } from '../../fanout/gop-writer.ts';
import { HttpStream, type HttpStreamOptions } from '../http-stream.ts';
import { responseHead } from '../response-head.ts';
import { timescale } from '../../formats/fmp4/video.ts';
import type { Fmp4AudioTrack } from './fmp4-audio-track.ts';
import type { Fmp4Track } from './fmp4-track.ts';
import { StreamClock } from './stream-clock.ts';

/** No camera is faster, in frames per second: a higher claim is wrong. */
const mostFps = 240;
/** The rate to name while it isn't known. */
const usualFps = 25;

/** A camera's audio along with its video. */
export interface Mp4Audio {
  readonly rendition: Rendition;
  readonly track: Fmp4AudioTrack;
}

/** Options of an MP4 stream. */
export interface Mp4Options extends HttpStreamOptions {
  /** H.264. */
  readonly rendition: Rendition;
  /** The Rendition's frames as fragments of MP4. */
  readonly track: Fmp4Track;
  /** Its audio, if that is wanted. */
  readonly audio?: Mp4Audio | undefined;
  /** Frames per second, as far as they are known. */
  readonly fps?: number | undefined;
}

/** An open stream of fragmented MP4 over HTTP, which ends with the connection. */
export class Mp4Stream extends HttpStream<GopWriter> {
  private constructor(frames: FrameSource, clock: StreamClock, options: Mp4Options) {
    const { connection, camera, rendition, track, audio, fps } = options;
    const initOptions = { audio: audio?.track.codec, frameDuration: frameDuration(fps) };
    const format = {
      note: (frame: Frame) => void track.place(frame),
      init: (keyframe: Frame) => track.init(keyframe, initOptions),
      bytes: (frame: Frame) => clock.video(track, frame),
    };
    super(connection, new GopWriter(connection, format, () => frames.requestKeyframe(camera, rendition)));
  }

  /** Writes the response's head at once, and frames from the first keyframe on. */
  static open(frames: FrameSource, options: Mp4Options): Mp4Stream {
    const { camera, rendition, audio } = options;
    const clock = new StreamClock();
    const stream = new Mp4Stream(frames, clock, options);
    const headers = { 'Content-Type': 'video/mp4', 'Accept-Ranges': 'none', ...options.extraHeaders };
    const subscribe = (): (() => void) => {
      const unsubscribe = frames.subscribe(camera, rendition, stream);
      if (audio === undefined) return unsubscribe;
      const unsubscribeAudio = frames.subscribe(camera, audio.rendition, {
        offer: (frame) => {
          const fragment = clock.audio(audio.track, frame);
          if (fragment !== null) stream.writer.writeAlong(fragment);
        },
      });
      return () => {
        unsubscribe();
        unsubscribeAudio();
      };
    };
    stream.start(responseHead(options.httpVersion, headers), subscribe, options);
    return stream;
  }

  offerGop(frames: readonly Frame[]): void {
    this.writer.writeGop(frames);
  }
}

/**
 * How long a frame usually lasts, in ticks. Measured rates are rounded to whole ones, low ones to tenths. A wrong rate
 * does little harm, because each frame has its own time.
 */
function frameDuration(fps = 0): number {
  const rate = fps >= 5 ? Math.round(fps) : Math.round(fps * 10) / 10;
  return Math.round(timescale / (rate > 0 && rate <= mostFps ? rate : usualFps));
}

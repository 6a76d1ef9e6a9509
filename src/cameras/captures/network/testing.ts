import type { PortholeError } from '../../../domain/errors.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import type { VideoFormat, WantedRendition } from '../../../domain/media/media.ts';
import type { Capture, CaptureEnd, CaptureEvents, CaptureOptions } from '../capture.ts';
import type { TranscodingOptions } from '../transcoding/transcoding.ts';
import type { AudioTrack, VideoTrack } from '../../../domain/media/tracks.ts';
import type { MediaOptions, MediaTracks } from './media-source.ts';
import { networkCaptures } from './network-captures.ts';

/** The video of the camera. */
export const h264: VideoTrack = { codec: 'h264', width: 640, height: 480, fps: 25 };
/** Audio that outputs take as it is. */
export const aac: AudioTrack = { codec: 'aac', rate: 48_000, channels: 2, config: Buffer.from([0x11, 0x90]) };

/** A frame of the camera. */
export function frame(sequence: number, keyframe: boolean, more: Partial<Frame> = {}): Frame {
  const { width, height } = h264;
  const bytes = Buffer.from([0, 0, 0, 1, keyframe ? 0x65 : 0x41, 0x9a, sequence]);
  return { bytes, sequence, capturedAt: sequence * 40, keyframe, width, height, ...more };
}

/** A NetworkCapture of a camera that the test plays, with all that it does. */
export class PlayedCamera {
  readonly ready: VideoFormat[] = [];
  readonly changed: VideoFormat[] = [];
  readonly frames: (readonly [rendition: number, sequence: number])[] = [];
  readonly ends: CaptureEnd[] = [];
  readonly transcodings: (TranscodingOptions & {
    wanted: readonly WantedRendition[];
    taken: Frame[];
    keyframes: number[];
    closed: boolean;
  })[] = [];
  readonly forked: CaptureOptions[] = [];
  readonly lines: [facts: object, text: string][] = [];
  mediaClosed = 0;
  readonly #abort = new AbortController();
  #media: MediaOptions | null = null;
  #capture: Capture | null = null;
  readonly #captures = networkCaptures(
    {
      rtsp: (options) => {
        this.#media = options;
        return { close: async () => void (this.mediaClosed += 1) };
      },
    },
    (options) => {
      const transcoding = { ...options, wanted: options.renditions, taken: [] as Frame[], keyframes: [] as number[] };
      const opened = { ...transcoding, closed: false };
      this.transcodings.push(opened);
      return {
        want: (renditions) => void (opened.wanted = renditions),
        take: (each) => void opened.taken.push(each),
        requestKeyframe: (rendition) => void opened.keyframes.push(rendition),
        close: () => void (opened.closed = true),
      };
    },
    { test: this.#fork, v4l2: this.#fork, rtsp: this.#fork, http: this.#fork, file: this.#fork },
  );
  readonly #log = {
    debug: () => undefined,
    info: (facts: object, text: string) => void this.lines.push([facts, text]),
    warn: () => undefined,
    error: () => undefined,
  };

  get #fork() {
    return (options: CaptureOptions): Capture => {
      this.forked.push(options);
      return {
        facts: { pid: 1 },
        want: () => undefined,
        requestKeyframe: () => undefined,
        close: async () => undefined,
      };
    };
  }

  /** Opens it, as a Capture's owner does. */
  open(renditions: readonly WantedRendition[], url = 'rtsp://camera/1'): Capture {
    const events: CaptureEvents = {
      opening: () => undefined,
      ready: (video) => void this.ready.push(video),
      changed: (video) => void this.changed.push(video),
      frame: (rendition, { sequence }) => void this.frames.push([rendition, sequence]),
      stats: () => undefined,
      ended: (end) => void this.ends.push(end),
    };
    const source = { source: { kind: 'rtsp', url } } as const;
    this.#capture = this.#captures.rtsp({ source, renditions, events, signal: this.#abort.signal, log: this.#log });
    return this.#capture;
  }

  /** Has the camera deliver these tracks. */
  tracks(tracks: Partial<MediaTracks> = {}): void {
    this.#media?.events.tracks({ video: h264, audio: null, ...tracks });
  }

  /** Has the camera deliver frames. */
  video(...frames: readonly Frame[]): void {
    for (const each of frames) this.#media?.events.video(each);
  }

  /** Has the camera deliver a packet of audio. */
  audio(bytes: Buffer): void {
    this.#media?.events.audio(frame(0, false, { bytes, width: 0, height: 0 }));
  }

  /** Ends the media, as by {@link PortholeError} or because FFmpeg has to read them. */
  end(reason: PortholeError | string): void {
    if (typeof reason === 'string') this.#media?.events.ended({ reason: 'unsupported', detail: reason });
    else this.#media?.events.ended({ reason: 'failed', error: reason });
  }
}

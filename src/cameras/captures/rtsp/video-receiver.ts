import type { DescribedTrack } from '../../../formats/rtsp/description.ts';
import { AccessUnits } from '../../../formats/rtp/receive/access-units.ts';
import { h264 } from '../../../formats/rtp/receive/h264-codec.ts';
import { h265 } from '../../../formats/rtp/receive/h265-codec.ts';
import type { IncomingPacket } from '../../../formats/rtp/receive/incoming-packet.ts';
import { JpegFrames } from '../../../formats/rtp/receive/jpeg-frames.ts';
import type { ReceivedFrame, VideoFrames, VideoSink } from '../../../formats/rtp/receive/video-frames.ts';
import type { VideoTrack } from '../../../domain/media/tracks.ts';
import { TrackReceiver, type UncountedFrame } from './track-receiver.ts';

/** Events of a {@link VideoReceiver}. */
export interface VideoReceiverEvents extends Omit<VideoSink, 'frame'> {
  frame(frame: UncountedFrame): void;
  /** It can't go on. */
  failed(error: unknown): void;
}

const rate = 90_000;

/** Receives the video of a camera. */
export class VideoReceiver extends TrackReceiver {
  readonly codec: VideoTrack['codec'];
  readonly #events: VideoReceiverEvents;
  readonly #frames: VideoFrames;
  #timer: NodeJS.Timeout | null = null;
  #timerIsFor: number | null = null;

  private constructor(track: DescribedTrack, codec: VideoTrack['codec'], events: VideoReceiverEvents) {
    super(track, rate);
    this.codec = codec;
    this.#events = events;
    const sink: VideoSink = {
      frame: (frame) => this.#pass(frame),
      waiting: (refreshes) => events.waiting(refreshes),
      damaged: () => events.damaged(),
      unsupported: (detail) => events.unsupported(detail),
    };
    this.#frames =
      codec === 'jpeg'
        ? new JpegFrames(sink)
        : new AccessUnits(codec === 'h264' ? h264 : h265, sink, describedSets(track));
  }

  /** @returns null if the track has another codec */
  static of(track: DescribedTrack, events: VideoReceiverEvents): VideoReceiver | null {
    const codec = ({ H264: 'h264', H265: 'h265', HEVC: 'h265', JPEG: 'jpeg' } as const)[track.encoding];
    return codec === undefined ? null : new VideoReceiver(track, codec, events);
  }

  protected override push(packet: IncomingPacket, lost: boolean): void {
    this.#frames.push(packet, lost);
    this.#wait();
  }

  /** Waits for the end of a frame that cannot be told by its packets. */
  #wait(): void {
    const { quiet } = this.#frames;
    if (quiet !== null && quiet === this.#timerIsFor) {
      this.#timer?.refresh();
      return;
    }
    if (quiet === this.#timerIsFor) return;
    clearTimeout(this.#timer ?? undefined);
    this.#timerIsFor = quiet;
    this.#timer = quiet === null ? null : setTimeout(() => this.#flush(), quiet);
  }

  /** If this process is late, the next packets may have arrived already: they are read first. */
  #flush(): void {
    this.#timerIsFor = null;
    setImmediate(() => {
      if (this.#timerIsFor !== null) return;
      try {
        this.#frames.flush();
      } catch (error) {
        this.#events.failed(error);
      }
    });
  }

  #pass({ bytes, timestamp, keyframe, width, height }: ReceivedFrame): void {
    this.#events.frame({ bytes, capturedAt: this.capturedAt(timestamp), keyframe, width, height });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timerIsFor = 0;
  }
}

/** Parameter sets in the description: RFC 6184, section 8.1, and RFC 7798, section 7.1. */
function describedSets({ parameters }: DescribedTrack): Buffer[] {
  return ['sprop-vps', 'sprop-sps', 'sprop-pps', 'sprop-parameter-sets']
    .flatMap((name) => (parameters.get(name) ?? '').replaceAll('"', '').split(','))
    .map((text) => Buffer.from(text.trim(), 'base64'))
    .filter(({ length }) => length > 0);
}

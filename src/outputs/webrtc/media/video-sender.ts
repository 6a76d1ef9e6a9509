import { monotonicNow } from '../../../domain/clock.ts';
import type { Frame } from '../../../domain/frame.ts';
import type { Viewer } from '../../../fanout/viewer.ts';
import { CatchUp } from './catch-up.ts';
import type { RtpStream } from './rtp-stream.ts';
import type { SharedPackets } from './shared-packets.ts';

/** A viewer that has lost its way is helped no more often than this, in milliseconds: all others get its keyframe as well. */
const askAgain = 1_000;
/** The least time between the timestamps of two pictures, in milliseconds: a few ticks. */
const leastStep = 0.1;
/** A line that loses more than this share of the packets carries less than the stream has. */
const tooMuchLost = 0.25;

/** A viewer that is sent pictures and says nothing of them for so long is gone, in milliseconds: all say something each second. */
const silenceLimit = 10_000;
/** Who was sent nothing for this long has nothing to say, in milliseconds. */
const idle = 2_000;

/** What a {@link VideoSender} is made of. */
export interface VideoSenderOptions {
  readonly stream: RtpStream;
  /** Of H.264, shared by all viewers of the server. */
  readonly packets: SharedPackets;
  /**
   * Called when the viewer can do nothing with what it gets: it is to be given what a new viewer is given, which is a
   * group that is there or a keyframe that comes.
   */
  readonly beginAnew: () => void;
  /** Called when the camera, or the viewer, is gone for good. */
  readonly onEnd: (why: string) => void;
}

/** The video of one WebRTC session, as a Viewer of its Broadcast. */
export class VideoSender implements Viewer {
  readonly #options: VideoSenderOptions;
  /** True until a keyframe comes: at first, and after a frame was left out. */
  #lost = true;
  /** A group of pictures that is on its way, with what has come since. */
  #catchUp: CatchUp | null = null;
  /** What the last picture's timestamp said. */
  #playedAt = -Infinity;
  #askedAt = -Infinity;
  #lossy = 0;
  /** When something was heard last; null before anything was sent. */
  #heardAt: number | null = null;
  #sentAt = -Infinity;
  #closed = false;
  /** Frames sent. */
  sent = 0;
  /** Frames left out. */
  dropped = 0;

  constructor(options: VideoSenderOptions) {
    this.#options = options;
  }

  offer(frame: Frame): void {
    if (this.#closed) return;
    if (this.#lost && !frame.keyframe) {
      this.dropped += 1;
      return;
    }
    this.#lost = false;
    if (this.#catchUp === null) this.#send(frame, frame.capturedAt);
    else this.#catchUp.add(frame);
  }

  offerGop(frames: readonly Frame[]): void {
    if (this.#closed) return;
    this.#lost = false;
    this.#catchUp?.close();
    this.#catchUp = null;
    let done = false;
    const catchUp = new CatchUp(
      frames,
      (frame, playAt) => this.#send(frame, playAt),
      () => {
        done = true;
        this.#catchUp = null;
        this.#askedAt = monotonicNow();
      },
    );
    if (!done) this.#catchUp = catchUp;
  }

  /** Looks whether the viewer is still there, about once a second. */
  tick(now: number): void {
    if (this.#heardAt === null) return;
    if (now - this.#sentAt > idle) this.#heardAt = now;
    if (now - this.#heardAt > silenceLimit) this.#options.onEnd('the viewer is gone');
  }

  /** The camera was removed. */
  end(): void {
    this.#options.onEnd('the camera is gone');
  }

  /** Takes the viewer's RTCP. */
  takeFeedback(rtcp: Buffer): void {
    if (this.#closed) return;
    const now = monotonicNow();
    this.#heardAt = now;
    const { wantsKeyframe, lossShare } = this.#options.stream.takeFeedback(rtcp, now);
    if (lossShare !== null) this.#noteLoss(lossShare);
    if (!wantsKeyframe || this.#catchUp !== null || now - this.#askedAt < askAgain) return;
    this.#askedAt = now;
    this.#options.beginAnew();
  }

  /** Sends nothing more. */
  close(): void {
    this.#closed = true;
    this.#catchUp?.close();
  }

  /** @param playAt what its timestamp is to say, if that is later than the last one's */
  #send(frame: Frame, playAt: number): void {
    this.sent += 1;
    this.#sentAt = monotonicNow();
    this.#heardAt ??= this.#sentAt;
    this.#playedAt = Math.max(playAt, this.#playedAt + leastStep);
    this.#options.stream.send(this.#options.packets.of(frame), frame.capturedAt, this.#sentAt, this.#playedAt);
  }

  /**
   * After two bad reports in a row, everything up to the next keyframe is left out: the line gets time to drain. No
   * keyframe is asked for, since it would be the largest of all; nor is one given for a while, whoever asks.
   */
  #noteLoss(share: number): void {
    this.#lossy = share > tooMuchLost ? this.#lossy + 1 : 0;
    if (this.#lossy < 2) return;
    this.#lossy = 0;
    this.#lost = true;
    this.#catchUp?.close();
    this.#catchUp = null;
    this.#askedAt = monotonicNow();
  }
}

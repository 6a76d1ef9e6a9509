import { monotonicNow } from '../../../domain/clock.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import type { PerFrame } from '../../../fanout/per-frame.ts';
import type { Viewer } from '../../../fanout/viewer.ts';
import type { RtpPacket } from '../../../formats/rtp/rtp-packet.ts';
import { CatchUp } from './catch-up.ts';
import type { RtpStream } from './rtp-stream.ts';

/** Time between two keyframes that one viewer requests, in milliseconds: all other viewers receive them too. */
const keyframeInterval = 1_000;
/** The least time between the timestamps of two frames, in milliseconds: a few ticks. */
const leastStep = 0.1;
/** A viewer that loses more than this share of the packets has less bandwidth than the stream needs. */
const tooMuchLost = 0.25;
/** A viewer that sends no RTCP for this long is gone, in milliseconds: every client reports about once a second. */
const silenceLimit = 10_000;
/** A viewer that was sent nothing for this long has nothing to report, in milliseconds. */
const idle = 2_000;

/** Options of {@link VideoSender}. */
export interface VideoSenderOptions {
  readonly stream: RtpStream;
  /** The H.264 packets that all viewers of the server share. */
  readonly packets: PerFrame<readonly RtpPacket[]>;
  /** Called when the viewer can't decode without a keyframe: subscribes again, which delivers one. */
  readonly resubscribe: () => void;
  /** Called when the camera is removed, or the viewer is gone. */
  readonly onEnd: (why: string) => void;
}

/** The video of one WebRTC session, as a Viewer of its Broadcast. */
export class VideoSender implements Viewer {
  readonly #options: VideoSenderOptions;
  /** True until a keyframe comes: at first, and after frames were dropped. */
  #needsKeyframe = true;
  /** The GOP that is being sent, and the frames queued behind it. */
  #catchUp: CatchUp | null = null;
  /** The time in the last frame's timestamp. */
  #playedAt = -Infinity;
  #askedAt = -Infinity;
  /** Consecutive reports of heavy loss. */
  #lossy = 0;
  /** When RTCP came last; null before anything was sent. */
  #heardAt: number | null = null;
  #sentAt = -Infinity;
  #closed = false;
  /** Frames sent. */
  sent = 0;
  /** Frames skipped. */
  dropped = 0;

  constructor(options: VideoSenderOptions) {
    this.#options = options;
  }

  offer(frame: Frame): void {
    if (this.#closed) return;
    if (this.#needsKeyframe && !frame.keyframe) {
      this.dropped += 1;
      return;
    }
    this.#needsKeyframe = false;
    if (this.#catchUp === null) this.#send(frame, frame.capturedAt);
    else this.#catchUp.add(frame);
  }

  offerGop(frames: readonly Frame[]): void {
    if (this.#closed) return;
    this.#needsKeyframe = false;
    this.#stopCatchUp();
    this.#catchUp = new CatchUp(
      frames,
      (frame, playAt) => this.#send(frame, playAt),
      () => {
        this.#catchUp = null;
        this.#askedAt = monotonicNow();
      },
    );
    this.#catchUp.start();
  }

  /** Ends the session if the viewer has gone silent. Called about once a second. */
  tick(now: number): void {
    if (this.#heardAt === null) return;
    if (now - this.#sentAt > idle) this.#heardAt = now;
    if (now - this.#heardAt > silenceLimit) this.#options.onEnd('the viewer is gone');
  }

  /** The camera was removed. */
  end(): void {
    this.#options.onEnd('the camera is gone');
  }

  /** Handles the viewer's RTCP. */
  takeFeedback(rtcp: Buffer): void {
    if (this.#closed) return;
    const now = monotonicNow();
    this.#heardAt = now;
    const { wantsKeyframe, lossShare } = this.#options.stream.takeFeedback(rtcp, now);
    if (lossShare !== null) this.#noteLoss(lossShare);
    if (!wantsKeyframe || this.#catchUp !== null || now - this.#askedAt < keyframeInterval) return;
    this.#askedAt = now;
    this.#options.resubscribe();
  }

  /** Sends nothing more. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#stopCatchUp();
  }

  /** @param playAt the time for its timestamp, which never goes back */
  #send(frame: Frame, playAt: number): void {
    this.sent += 1;
    this.#sentAt = monotonicNow();
    this.#heardAt ??= this.#sentAt;
    this.#playedAt = Math.max(playAt, this.#playedAt + leastStep);
    this.#options.stream.send(this.#options.packets.of(frame), frame.capturedAt, this.#sentAt, this.#playedAt);
  }

  /**
   * After two reports of heavy loss in a row, drops everything up to the next keyframe, so that the network can drain.
   * It doesn't request that keyframe, which would be the largest frame of all, and ignores requests for a while.
   */
  #noteLoss(share: number): void {
    this.#lossy = share > tooMuchLost ? this.#lossy + 1 : 0;
    if (this.#lossy < 2) return;
    this.#lossy = 0;
    this.#needsKeyframe = true;
    this.#stopCatchUp();
    this.#askedAt = monotonicNow();
  }

  #stopCatchUp(): void {
    this.#catchUp?.close();
    this.#catchUp = null;
  }
}

import { monotonicNow } from '../../../domain/clock.ts';
import type { Frame } from '../../../domain/media/frame.ts';
import type { PerFrame } from '../../../fanout/per-frame.ts';
import type { Viewer } from '../../../fanout/viewer.ts';
import type { RtpPacket } from '../../../formats/rtp/rtp-packet.ts';
import type { RtpStream } from './rtp-stream.ts';

/** The audio of one WebRTC session, as a Viewer of its Broadcast. The video decides when the session ends. */
export class AudioSender implements Viewer {
  readonly #stream: RtpStream;
  readonly #packets: PerFrame<readonly RtpPacket[]>;
  #closed = false;

  /** @param packets the Opus packets that all viewers of the server share */
  constructor(stream: RtpStream, packets: PerFrame<readonly RtpPacket[]>) {
    this.#stream = stream;
    this.#packets = packets;
  }

  offer(frame: Frame): void {
    if (!this.#closed) this.#stream.send(this.#packets.of(frame), frame.capturedAt, monotonicNow());
  }

  /** Handles the viewer's RTCP. */
  takeFeedback(rtcp: Buffer): void {
    if (!this.#closed) this.#stream.takeFeedback(rtcp, monotonicNow());
  }

  /** Sends nothing more. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream.end();
  }
}

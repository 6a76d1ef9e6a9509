import type { Frame } from '../../domain/media/frame.ts';
import type { Viewer } from '../../fanout/viewer.ts';
import { CatchUp } from '../webrtc/media/catch-up.ts';
import type { RtpSender } from './rtp-sender.ts';
import { interleavedHeader, type RtpTrack } from './rtp-track.ts';
import type { UdpPorts } from './udp-ports.ts';

/** Options of {@link UdpSender}. */
export interface UdpOptions {
  readonly ports: UdpPorts;
  readonly track: RtpTrack;
  /** The address that the client's connection comes from: nobody else is ever sent anything. */
  readonly address: string;
  /** The client's ports. */
  readonly to: readonly [rtp: number, rtcp: number];
  readonly owner: string;
  /** Called when the camera was removed. */
  readonly onEnd: () => void;
}

/** Sends a track over UDP, as a Viewer with `every`. Nothing waits: packets that the kernel refuses are lost. */
export class UdpSender implements Viewer, RtpSender {
  readonly owner: string;
  readonly #options: UdpOptions;
  /** The GOP that the viewer begins with, while it is offered. */
  #gop: Frame[] | null = [];
  #catchUp: CatchUp | null = null;
  #closed = false;
  sent = 0;
  readonly dropped = 0;

  constructor(options: UdpOptions) {
    this.#options = options;
    this.owner = options.owner;
  }

  /** Sends the GOP that was offered so far, not in one burst, and from now on each frame at once. */
  start(): void {
    const gop = this.#gop ?? [];
    this.#gop = null;
    if (gop.length === 0 || this.#closed) return;
    this.#catchUp = new CatchUp(
      gop,
      (frame) => this.#send(frame),
      () => (this.#catchUp = null),
    );
    this.#catchUp.start();
  }

  offer(frame: Frame): void {
    if (this.#closed) return;
    // Also frames that wait get their numbers now.
    this.#options.track.pack(frame);
    if (this.#gop !== null) this.#gop.push(frame);
    else if (this.#catchUp !== null) this.#catchUp.add(frame);
    else this.#send(frame);
  }

  /** The camera was removed. */
  end(): void {
    this.#options.onEnd();
  }

  report(now: number): void {
    const { ports, track, address, to } = this.#options;
    if (!this.#closed && this.sent > 0) ports.sendReport(track.report(now), to[1], address);
  }

  close(): void {
    this.#closed = true;
    this.#catchUp?.close();
    this.#catchUp = null;
  }

  #send(frame: Frame): void {
    const { ports, track, address, to } = this.#options;
    const { bytes, starts } = track.pack(frame);
    if (starts.length === 0) return;
    // As in InterleavedSender.
    if (this.sent === 0) ports.sendReport(track.report(frame.capturedAt), to[1], address);
    this.sent += 1;
    for (const [index, start] of starts.entries()) {
      ports.send(bytes.subarray(start + interleavedHeader, starts[index + 1] ?? bytes.length), to[0], address);
    }
  }
}

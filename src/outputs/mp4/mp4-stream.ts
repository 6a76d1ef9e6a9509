import type { Socket } from 'node:net';
import type { Frame } from '../../domain/frame.ts';
import type { Rendition } from '../../domain/rendition.ts';
import type { Viewer } from '../../fanout/viewer.ts';
import type { Fmp4AudioTrack } from './fmp4-audio-track.ts';
import type { Fmp4Track } from './fmp4-track.ts';
import type { FrameSource } from '../../fanout/frame-source.ts';
import { GopWriter } from '../../fanout/gop-writer.ts';
import { responseHead } from '../response-head.ts';

/** Sound beside pictures. */
export interface Mp4Audio {
  readonly rendition: Rendition;
  /** Its Broadcast as MP4. */
  readonly track: Fmp4AudioTrack;
}

/** What a stream of MP4 is made of. */
export interface Mp4Options {
  /** The connection, whose request has been read; it belongs to the stream from now on. */
  readonly socket: Socket;
  readonly camera: string;
  /** One of H.264. */
  readonly rendition: Rendition;
  /** Its Broadcast as MP4. */
  readonly track: Fmp4Track;
  /** Its sound, if that is wanted. */
  readonly audio?: Mp4Audio | undefined;
  readonly extraHeaders?: Readonly<Record<string, string>>;
  readonly httpVersion: '1.0' | '1.1';
  /** Called once at the end with what was sent and dropped. */
  readonly onEnd?: (summary: { readonly sent: number; readonly dropped: number; readonly reason: string }) => void;
}

/** An open stream of fragmented MP4 over HTTP, which ends with the connection. */
export class Mp4Stream implements Viewer {
  readonly #socket: Socket;
  readonly #writer: GopWriter;
  readonly #unsubscribe: () => void;
  #reason = 'the viewer left';
  /** Resolves when the connection is closed and the camera is no longer wanted for it. */
  readonly closed: Promise<void>;

  /** Writes the response's head at once, and pictures from the first keyframe on. */
  constructor(frames: FrameSource, options: Mp4Options) {
    const { socket, camera, rendition, track, audio: audio } = options;
    this.#socket = socket;
    const wire = {
      note: (frame: Frame) => void track.place(frame),
      init: (keyframe: Frame) => track.init(keyframe, audio?.track.codec),
      bytes: (frame: Frame) => track.fragment(frame),
    };
    this.#writer = new GopWriter(socket, wire, () => frames.requestKeyframe(camera, rendition));
    socket.setNoDelay(true);
    socket.setTimeout(0);
    const headers = { 'Content-Type': 'video/mp4', 'Accept-Ranges': 'none', ...options.extraHeaders };
    socket.write(responseHead(options.httpVersion, headers), 'latin1');
    const unsubscribe = frames.subscribe(camera, rendition, this);
    const mute = audio === undefined ? undefined : this.#hear(frames, camera, audio);
    this.#unsubscribe = () => {
      unsubscribe();
      mute?.();
    };
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#unsubscribe();
        options.onEnd?.({ sent: this.#writer.sent, dropped: this.#writer.dropped, reason: this.#reason });
        resolve();
      });
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.once('end', () => socket.destroy());
    // Whatever a client says after its request, it is read and forgotten, so that its leaving is noticed.
    socket.resume();
  }

  /** Adds the sound to what is written. @returns what ends that */
  #hear(frames: FrameSource, camera: string, { rendition, track }: Mp4Audio): () => void {
    const offer = (frame: Frame): void => {
      track.place(frame);
      this.#writer.writeBeside(track.fragment(frame));
    };
    return frames.subscribe(camera, rendition, { offer });
  }

  offer(frame: Frame): void {
    this.#writer.write(frame);
  }

  offerGop(frames: readonly Frame[]): void {
    this.#writer.writeGop(frames);
  }

  /** Ends a connection that takes nothing. */
  tick(now: number): void {
    if (!this.#writer.isTaking(now)) this.close('it took nothing for 30 s');
  }

  /** Ends with the camera. */
  end(): void {
    this.close('the camera is gone');
  }

  /** Ends the stream at once. Idempotent. */
  close(reason = 'closed by the server'): void {
    if (!this.#socket.destroyed) this.#reason = reason;
    this.#writer.close();
    this.#socket.destroy();
  }
}

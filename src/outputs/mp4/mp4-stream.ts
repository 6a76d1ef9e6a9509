import type { Socket } from 'node:net';
import type { Frame } from '../../domain/frame.ts';
import type { Rendition } from '../../domain/rendition.ts';
import type { Viewer } from '../../fanout/viewer.ts';
import type { Fmp4SoundTrack } from './fmp4-audio-track.ts';
import type { Fmp4Track } from './fmp4-track.ts';
import type { FrameSource } from '../../fanout/frame-source.ts';
import { GroupWriter } from '../../fanout/gop-writer.ts';
import { responseHead } from '../response-head.ts';

/** Sound beside pictures. */
export interface Mp4Sound {
  readonly rendition: Rendition;
  /** Its Broadcast as MP4. */
  readonly track: Fmp4SoundTrack;
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
  readonly sound?: Mp4Sound | undefined;
  readonly extraHeaders?: Readonly<Record<string, string>>;
  readonly httpVersion: '1.0' | '1.1';
  /** Called once at the end with what was sent and dropped. */
  readonly onEnd?: (summary: { readonly sent: number; readonly dropped: number; readonly reason: string }) => void;
}

/** An open stream of fragmented MP4 over HTTP, which ends with the connection. */
export class Mp4Stream implements Viewer {
  readonly #socket: Socket;
  readonly #writer: GroupWriter;
  readonly #unsubscribe: () => void;
  #reason = 'the viewer left';
  /** Resolves when the connection is closed and the camera is no longer wanted for it. */
  readonly closed: Promise<void>;

  /** Writes the response's head at once, and pictures from the first keyframe on. */
  constructor(frames: FrameSource, options: Mp4Options) {
    const { socket, camera, rendition, track, sound } = options;
    this.#socket = socket;
    const wire = {
      note: (frame: Frame) => void track.place(frame),
      init: (keyframe: Frame) => track.init(keyframe, sound?.track.codec),
      bytes: (frame: Frame) => track.fragment(frame),
    };
    this.#writer = new GroupWriter(socket, wire, () => frames.requestKeyframe(camera, rendition));
    socket.setNoDelay(true);
    socket.setTimeout(0);
    const headers = { 'Content-Type': 'video/mp4', 'Accept-Ranges': 'none', ...options.extraHeaders };
    socket.write(responseHead(options.httpVersion, headers), 'latin1');
    const unsubscribe = frames.subscribe(camera, rendition, this);
    const mute = sound === undefined ? undefined : this.#hear(frames, camera, sound);
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
  #hear(frames: FrameSource, camera: string, { rendition, track }: Mp4Sound): () => void {
    const offer = (frame: Frame): void => {
      track.place(frame);
      this.#writer.writeBeside(track.fragment(frame));
    };
    return frames.subscribe(camera, rendition, { offer });
  }

  offer(frame: Frame): void {
    this.#writer.write(frame);
  }

  offerGroup(frames: readonly Frame[]): void {
    this.#writer.writeGroup(frames);
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

import type { Socket } from 'node:net';
import { beyondLimit, cameraLimits, inMegabytes } from '../../../domain/cameras/camera-limits.ts';
import { asPortholeError, PortholeError } from '../../../domain/errors.ts';
import type { DescribedTrack } from '../../../formats/rtsp/description.ts';
import { sentence } from '../../../messages/sentence.ts';
import { type CameraAddress, reach } from '../../../network/reach.ts';
import type { CameraQuirks } from '../../../network/rtsp/camera-quirks.ts';
import { ReadingShare } from '../../../network/rtsp/reading-share.ts';
import { SocketReader } from '../../../network/socket-reader.ts';
import { RtspSession } from '../../../network/rtsp/rtsp-session.ts';
import type { MediaTracks } from '../network/media-source.ts';
import { AudioReceiver } from './audio-receiver.ts';
import type { UncountedFrame } from './track-receiver.ts';
import { VideoReceiver } from './video-receiver.ts';

/** How often the camera gets a report about the packets that have arrived, in milliseconds (RFC 3550, section 6.2). */
const reportEvery = 5_000;
/** How long a camera that sends frames may take to send the first keyframe, in milliseconds. */
const keyframeLimit = 20_000;
/** The same for a camera whose other frames say that decoders can begin with them. */
const refreshLimit = 4_000;
/** What each frame takes of a camera's {@link ReadingShare}, however much its viewers cost, in milliseconds. */
const frameCost = 0.2;

/** Events of a {@link RtspConnection}. */
export interface RtspConnectionEvents {
  tracks(tracks: MediaTracks): void;
  video(frame: UncountedFrame): void;
  audio(frame: UncountedFrame): void;
  waiting(): void;
  damaged(): void;
}

/** Media that the server cannot read, with the reason. */
export class UnsupportedMedia extends Error {}

/** One connection to an RTSP camera, and the media that come over it. */
export class RtspConnection {
  readonly #address: CameraAddress;
  readonly #quirks: CameraQuirks;
  readonly #events: RtspConnectionEvents;
  /** Rejects when it fails, or the camera ends it. */
  readonly #over = Promise.withResolvers<never>();
  readonly #abort = new AbortController();
  #session: RtspSession | null = null;
  #share: ReadingShare | null = null;
  #released: Promise<void> = Promise.resolve();
  #video: VideoReceiver | null = null;
  #audio: AudioReceiver | null = null;
  /** The receivers by the number of their track. */
  readonly #receivers: (VideoReceiver | AudioReceiver)[] = [];
  #fps: number | null = null;
  #tracks: MediaTracks | null = null;
  #hasAudio = false;
  /** Bytes of the camera since the last frame. */
  #sinceFrame = 0;
  #reportTimer: NodeJS.Timeout | undefined;
  #keyframeTimer: NodeJS.Timeout | undefined;
  /** True once a frame without keyframe said that decoders can begin with it. */
  #refreshes = false;

  constructor(address: CameraAddress, quirks: CameraQuirks, events: RtspConnectionEvents) {
    this.#address = address;
    this.#quirks = quirks;
    this.#events = events;
    this.#over.promise.catch(() => undefined);
  }

  /**
   * Connects, and delivers media until the camera ends it or it is closed.
   *
   * @throws {PortholeError} why it cannot go on.
   * @throws {UnsupportedMedia} if FFmpeg has to read the camera.
   */
  async run(): Promise<never> {
    try {
      const opened = this.#open();
      opened.catch((error: unknown) => this.#over.reject(error));
      return await this.#over.promise;
    } finally {
      await this.close();
    }
  }

  /** Ends the session and closes the connection. Idempotent. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#over.reject(new PortholeError('source_ended'));
    clearInterval(this.#reportTimer);
    clearTimeout(this.#keyframeTimer);
    for (const each of this.#receivers.splice(0)) each[Symbol.dispose]();
    this.#share?.[Symbol.dispose]();
    this.#session?.leave();
    this.#session = null;
    await this.#released;
  }

  async #open(): Promise<void> {
    const reader = new SocketReader();
    const socket = await reach(this.#address, { signal: this.#abort.signal, reader });
    this.#prepare(socket);
    const share = new ReadingShare(socket);
    this.#share = share;
    const session = new RtspSession(socket, {
      quirks: this.#quirks,
      localUrl: '',
      media: (index, part, bytes) => this.#take(index, part, bytes),
      reader,
      charge: (read, bytes) => share.charge(read, bytes),
      hasRoom: () => !share.isSpent,
      ended: () => this.#over.reject(new PortholeError('source_ended')),
      failed: (error) => this.#over.reject(error),
    });
    this.#session = session;
    await session.greet();
    const { tracks } = await session.describe();
    for (const [index, track] of tracks.entries()) {
      this.#receivers[index] = this.#receiver(track);
      await session.setUp(index);
      if (this.#abort.signal.aborted) return;
    }
    this.#reportTimer = setInterval(() => this.#report(), reportEvery);
    await session.play();
  }

  #prepare(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('error', () => undefined); // 'close' follows
    this.#released = new Promise((resolve) => void socket.once('close', () => resolve()));
    if (this.#abort.signal.aborted) socket.destroy();
  }

  #receiver(track: DescribedTrack): VideoReceiver | AudioReceiver {
    if (track.type === 'audio') {
      this.#audio = AudioReceiver.of(track, (frame) => this.#takeAudio(frame));
      if (this.#audio === null) throw new UnsupportedMedia(`audio: ${track.encoding || 'of unknown encoding'}`);
      return this.#audio;
    }
    this.#fps = track.fps;
    this.#video = VideoReceiver.of(track, {
      frame: (frame) => this.#takeVideo(frame),
      waiting: (refreshes) => this.#wait(refreshes),
      damaged: () => this.#events.damaged(),
      unsupported: (detail) => this.#over.reject(new UnsupportedMedia(detail)),
      failed: (error) => this.#over.reject(error),
    });
    if (this.#video === null) throw new UnsupportedMedia(`video: ${track.encoding || 'of unknown encoding'}`);
    return this.#video;
  }

  /** Takes a packet. @returns true: {@link ReadingShare} slows cameras down */
  #take(index: number, part: 0 | 1, bytes: Buffer): boolean {
    const receiver = this.#receivers[index];
    try {
      this.#count(bytes.length);
      if (part === 0) receiver?.take(bytes);
      else receiver?.takeReport(bytes);
    } catch (error) {
      this.#over.reject(asPortholeError(error));
      void this.close();
    }
    return true;
  }

  #count(bytes: number): void {
    this.#sinceFrame += bytes;
    if (this.#sinceFrame <= cameraLimits.withoutFrame) return;
    const limit = inMegabytes(cameraLimits.withoutFrame);
    throw beyondLimit(sentence('camera_beyond_gap', { size: limit }), sentence('camera_beyond_each', { size: limit }));
  }

  #takeVideo(frame: UncountedFrame): void {
    this.#sinceFrame = 0;
    clearTimeout(this.#keyframeTimer);
    const { width, height } = frame;
    const known = this.#tracks?.video;
    if (known?.width !== width || known.height !== height) this.#announce(width, height);
    this.#share?.apart((each) => this.#events.video(each), frame, frameCost);
  }

  #takeAudio(frame: UncountedFrame): void {
    if (!this.#hasAudio) {
      this.#hasAudio = true;
      if (this.#tracks !== null) this.#announce(this.#tracks.video.width, this.#tracks.video.height);
    }
    if (this.#tracks !== null) this.#share?.apart((each) => this.#events.audio(each), frame, frameCost);
  }

  #announce(width: number, height: number): void {
    const { codec } = this.#video as VideoReceiver;
    const audio = this.#hasAudio ? (this.#audio?.audio ?? null) : null;
    const awaitsAudio = this.#audio !== null && audio === null;
    this.#tracks = { video: { codec, width, height, fps: this.#fps }, audio, awaitsAudio };
    this.#events.tracks(this.#tracks);
  }

  /** @param refreshes true if the stream may have no keyframes, with which FFmpeg can begin sooner */
  #wait(refreshes: boolean): void {
    this.#sinceFrame = 0;
    if (this.#keyframeTimer === undefined || (refreshes && !this.#refreshes)) {
      clearTimeout(this.#keyframeTimer);
      const limit = refreshes ? refreshLimit : keyframeLimit;
      const give = (): void => this.#over.reject(new UnsupportedMedia('video without keyframes'));
      this.#keyframeTimer = setTimeout(give, limit);
    }
    this.#refreshes ||= refreshes;
    this.#events.waiting();
  }

  #report(): void {
    for (const [index, receiver] of this.#receivers.entries()) {
      const report = receiver.report();
      if (report !== null) this.#session?.report(index, report);
    }
  }
}

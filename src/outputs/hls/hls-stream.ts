import { monotonicNow, toWallClock } from '../../domain/clock.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { Frame } from '../../domain/frame.ts';
import type { Rendition } from '../../domain/rendition.ts';
import type { Viewer } from '../../fanout/viewer.ts';
import type { Fmp4Track } from '../mp4/fmp4-track.ts';
import type { FrameSource } from '../../fanout/frame-source.ts';
import { parseName, playlist, type HlsName } from '../../formats/hls/playlist.ts';
import { HlsSegments } from './hls-segments.ts';
import type { Mp4Audio } from '../mp4/mp4-stream.ts';

/** A player that has asked for nothing for so long has left, in milliseconds. */
const idleLimit = 15_000;
/** How often that is looked at, in milliseconds. */
const sweepInterval = 1_000;
/** Marks the addresses of what has sound. */
const audioMark = '-sound';
/** The first segment is as short as this if a keyframe can be had, so that nobody waits long to begin; in seconds. */
const firstSegment = 1;

/** What an {@link HlsStream} is made of. */
export interface HlsStreamOptions {
  readonly camera: string;
  /** One of H.264. */
  readonly rendition: Rendition;
  /** Its Broadcast as MP4. */
  readonly track: Fmp4Track;
  /** Its sound, if that is wanted. */
  readonly audio?: Mp4Audio | undefined;
  /** Called when the last player has left: whoever comes next is given another one, with higher numbers. */
  readonly onEnd: () => void;
}

/** The end of a player, for those who have a reason of their own to end it. */
export interface HlsPlayer {
  close(reason?: string): void;
  /** Resolves when it has left, or was ended. */
  readonly closed: Promise<void>;
}

/** What a player that waits for news asks for: the number of a segment, and of a part in it. */
export interface HlsReload {
  readonly segment: number;
  readonly part?: number | undefined;
}

interface Player extends HlsPlayer {
  lastAsked: number;
  /** Ends what it waits for. */
  readonly ending: AbortController;
}

/**
 * One H.264 Broadcast as HLS, shared by all its players. They have no connection: whoever asks is a player, until
 * nothing more was asked for {@link idleLimit}. Segments are made only while there is one.
 */
export class HlsStream implements Viewer {
  readonly #frames: FrameSource;
  readonly #options: HlsStreamOptions;
  readonly #segments = new HlsSegments(Math.floor(Date.now() / 1_000));
  readonly #players = new Map<string, Player>();
  /** Those who wait for the next part. */
  readonly #waiting = new Set<() => void>();
  #unsubscribe: () => void = () => undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #init: Buffer = Buffer.alloc(0);
  #askedForKeyframe = false;

  constructor(frames: FrameSource, options: HlsStreamOptions) {
    this.#frames = frames;
    this.#options = options;
  }

  /** How many players there are. */
  get audience(): number {
    return this.#players.size;
  }

  /** What the addresses of its files bear: its width in pixels, or `source`, and whether it has sound. */
  get folder(): string {
    return `${this.#options.rendition.width}${this.#options.audio === undefined ? '' : audioMark}`;
  }

  /** True if there is a player of this name. */
  has(name: string): boolean {
    return this.#players.has(name);
  }

  /** Adds a player, which leaves when it asks for nothing more. The first one has the camera opened. */
  join(name: string): HlsPlayer {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const player: Player = {
      lastAsked: monotonicNow(),
      ending: new AbortController(),
      closed: promise,
      close: (reason) => {
        if (!this.#players.delete(name)) return;
        player.ending.abort(endedBy(reason));
        resolve(undefined);
        if (this.#players.size === 0) this.#stop();
      },
    };
    this.#players.set(name, player);
    if (this.#players.size > 1) return player;
    try {
      this.#unsubscribe = this.#subscribe();
    } catch (error) {
      player.close();
      throw error;
    }
    this.#sweeper = setInterval(() => this.#sweep(), sweepInterval);
    return player;
  }

  /**
   * The playlist, as soon as there is enough to begin with, or what the player waits for.
   *
   * @param name a player
   * @param uri the address of a file's name
   * @throws {PortholeError} `invalid_input` for a segment that is far away; what the signal says when that is first.
   */
  async playlist(
    name: string,
    uri: (file: string) => string,
    { signal, reload }: { readonly signal: AbortSignal; readonly reload?: HlsReload | undefined },
  ): Promise<string> {
    const segments = this.#segments;
    if (reload !== undefined && reload.segment > segments.nextNumber + 1) {
      throw new PortholeError('invalid_input', {
        field: '_HLS_msn',
        message: 'This segment is too far away. Load the playlist without _HLS_msn first.',
      });
    }
    const ready = reload === undefined ? () => segments.listed.length > 0 : () => this.#has(reload);
    await this.#until(ready, this.#asks(name, signal));
    return playlist(segments, uri);
  }

  /**
   * A segment, a part or what a decoder needs first, by its name in the playlist. The next part is waited for.
   *
   * @returns undefined if there is none: it is too old, or was never there.
   */
  async file(name: string, file: string, { signal }: { readonly signal: AbortSignal }): Promise<Buffer | undefined> {
    const parsed = parseName(file);
    if (parsed === null) return undefined;
    const asks = this.#asks(name, signal);
    if (parsed.kind === 'part' && this.#isNext(parsed.number, parsed.part)) {
      await this.#until(() => !this.#isNext(parsed.number, parsed.part), asks);
    }
    return this.#bytes(parsed);
  }

  offer(frame: Frame): void {
    const { track, camera, rendition, audio: audio } = this.#options;
    const place = track.place(frame);
    if (frame.keyframe) this.#init = track.init(frame, audio?.track.codec);
    const isNews = this.#segments.add({
      place,
      init: this.#init,
      bytes: track.fragment(frame),
      sequence: frame.sequence,
      capturedAt: toWallClock(frame.capturedAt),
    });
    if (!isNews) return;
    for (const look of this.#waiting) look();
    const { listed, open } = this.#segments;
    if (this.#askedForKeyframe || listed.length > 0 || open === null || open.duration < firstSegment) return;
    this.#askedForKeyframe = true;
    this.#frames.requestKeyframe(camera, rendition);
  }

  /** Ends with the camera. */
  end(): void {
    for (const player of [...this.#players.values()]) player.close('the camera is gone');
  }

  /** Wants the pictures, and the sound. @returns what ends that */
  #subscribe(): () => void {
    const { camera, rendition, audio: audio } = this.#options;
    const unsubscribe = this.#frames.subscribe(camera, rendition, this);
    if (audio === undefined) return unsubscribe;
    const mute = this.#frames.subscribe(camera, audio.rendition, {
      offer: (piece) => {
        audio.track.place(piece);
        this.#segments.addAudio(audio.track.fragment(piece));
      },
    });
    return () => {
      unsubscribe();
      mute();
    };
  }

  /** Notes that a player is still there. @returns what ends its request: the one given, or the player's end. */
  #asks(name: string, signal: AbortSignal): AbortSignal {
    const player = this.#players.get(name);
    if (player === undefined) return signal;
    player.lastAsked = monotonicNow();
    return AbortSignal.any([signal, player.ending.signal]);
  }

  #bytes(name: HlsName): Buffer | undefined {
    switch (name.kind) {
      case 'init':
        return this.#segments.init(name.number);
      case 'segment':
        return this.#segments.segment(name.number);
      case 'part':
        return this.#segments.part(name.number, name.part);
      default:
        return name satisfies never;
    }
  }

  /** True if the part, or all of the segment, is there, or is over. */
  #has({ segment, part }: HlsReload): boolean {
    const { open, nextNumber } = this.#segments;
    const present = open?.number ?? nextNumber;
    if (segment !== present) return segment < present;
    return part !== undefined && open !== null && part < open.parts.length;
  }

  /** True for the part that is made now, or the first one of the segment after it. */
  #isNext(number: number, part: number): boolean {
    const { open, nextNumber } = this.#segments;
    return open?.number === number ? open.parts.length === part : number === nextNumber && part === 0;
  }

  /** Resolves as soon as it is so; rejects with the signal's reason. */
  async #until(isSo: () => boolean, signal: AbortSignal): Promise<void> {
    while (!isSo()) {
      signal.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const look = (): void => resolve(undefined);
      const abort = (): void => reject(signal.reason as Error);
      this.#waiting.add(look);
      signal.addEventListener('abort', abort, { once: true });
      try {
        await promise;
      } finally {
        this.#waiting.delete(look);
        signal.removeEventListener('abort', abort);
      }
    }
  }

  #sweep(): void {
    const now = monotonicNow();
    for (const player of [...this.#players.values()]) if (now - player.lastAsked > idleLimit) player.close();
  }

  #stop(): void {
    clearInterval(this.#sweeper);
    this.#unsubscribe();
    this.#unsubscribe = () => undefined;
    this.#segments.clear();
    this.#options.onEnd();
  }
}

/** What a player is told that waits for something when it is ended. */
function endedBy(reason: string | undefined): PortholeError {
  if (reason === 'revoked') return new PortholeError('not_signed_in');
  return new PortholeError(reason === 'closing' ? 'shutting_down' : 'camera_not_found');
}

/** The HLS of a server. */
export class HlsStreams {
  readonly #streams = new Map<string, HlsStream>();

  /** How many are played, or about to be. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * @param key the numbers of the Broadcasts in it
   * @param open makes the one that nobody plays yet
   */
  of(key: string, open: (onEnd: () => void) => HlsStream): HlsStream {
    let present = this.#streams.get(key);
    if (present === undefined) {
      present = open(() => this.#streams.delete(key));
      this.#streams.set(key, present);
    }
    return present;
  }
}

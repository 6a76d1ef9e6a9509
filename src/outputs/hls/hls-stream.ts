import { monotonicNow, toWallClock } from '../../domain/clock.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { Rendition } from '../../domain/media/rendition.ts';
import type { Viewer } from '../../fanout/viewer.ts';
import type { Fmp4Track } from '../mp4/fmp4-track.ts';
import type { FrameSource } from '../../fanout/frame-source.ts';
import { parseName, playlist, type HlsName } from '../../formats/hls/playlist.ts';
import { HlsSegments } from './hls-segments.ts';
import type { Mp4Audio } from '../mp4/mp4-stream.ts';

/** A player that has requested nothing for this long has left, in milliseconds. */
const idleLimit = 15_000;
/** How often players are checked, in milliseconds. */
const sweepInterval = 1_000;
/** Marks the URLs of streams with audio. */
const audioMark = '-sound';
/**
 * The first segment ends after this time if the Capture makes keyframes on demand, so that playback begins soon; in
 * seconds.
 */
const firstSegment = 1;

/** Options of an {@link HlsStream}. */
export interface HlsStreamOptions {
  readonly camera: string;
  /** H.264. */
  readonly rendition: Rendition;
  /** The Rendition's frames as fragments of MP4. */
  readonly track: Fmp4Track;
  /** Its audio, if that is wanted. */
  readonly audio?: Mp4Audio | undefined;
  /** Called when the last player has left: the next one gets another stream, with higher numbers. */
  readonly onEnd: () => void;
  /** The number of its first segment: greater than any that a player may have seen. */
  readonly first: number;
}

/** A player, as its route sees it. */
export interface HlsPlayer {
  close(reason?: string): void;
  /** Resolves when it has left or was ended. */
  readonly closed: Promise<void>;
}

/** The segment that a blocking playlist reload waits for, by its number, and a part of it. */
export interface HlsReload {
  readonly segment: number;
  readonly part?: number | undefined;
}

interface Player extends HlsPlayer {
  lastAsked: number;
  /** Ends its waiting requests. */
  readonly ending: AbortController;
}

/**
 * One H.264 Rendition as HLS, shared by all its players. A player has no connection: it is one from its first request
 * until it has requested nothing for {@link idleLimit}. Segments are made only while there is a player.
 */
export class HlsStream implements Viewer {
  readonly #frames: FrameSource;
  readonly #options: HlsStreamOptions;
  readonly #segments: HlsSegments;
  readonly #players = new Map<string, Player>();
  /** Requests that wait for the next part. */
  readonly #waiting = new Set<() => void>();
  #unsubscribe: () => void = () => undefined;
  #sweeper: NodeJS.Timeout | undefined;
  #init: Buffer = Buffer.alloc(0);
  #askedForKeyframe = false;

  constructor(frames: FrameSource, options: HlsStreamOptions) {
    this.#frames = frames;
    this.#options = options;
    this.#segments = new HlsSegments(options.first);
  }

  /** The number of the next segment that will begin. */
  get nextNumber(): number {
    return this.#segments.nextNumber;
  }

  /** How many players there are. */
  get audience(): number {
    return this.#players.size;
  }

  /** The folder in the URLs of its files: its width in pixels or `source`, and a mark if it has audio. */
  get folder(): string {
    return `${this.#options.rendition.width}${this.#options.audio === undefined ? '' : audioMark}`;
  }

  /** True if there is a player with this name. */
  has(name: string): boolean {
    return this.#players.has(name);
  }

  /** Adds a player. The first one subscribes to the camera. */
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
   * The playlist, once there is enough to begin with, or what `reload` waits for.
   *
   * @param name a player
   * @param uri makes the URL of a file from its name
   * @throws {PortholeError} `invalid_input` for a segment that is far away; the signal's reason when that is first.
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
   * A segment, a part or an initialisation segment, by its name in the playlist. A request for the next part waits for
   * it.
   *
   * @param options `repeatInit`: see {@link HlsSegments.segment}
   * @returns undefined if it is too old or never existed.
   */
  async file(
    name: string,
    file: string,
    { signal, repeatInit = false }: { readonly signal: AbortSignal; readonly repeatInit?: boolean },
  ): Promise<Buffer | undefined> {
    const parsed = parseName(file);
    if (parsed === null) return undefined;
    const asks = this.#asks(name, signal);
    if (parsed.kind === 'part' && this.#isNext(parsed.number, parsed.part)) {
      await this.#until(() => !this.#isNext(parsed.number, parsed.part), asks);
    }
    return this.#bytes(parsed, repeatInit);
  }

  offer(frame: Frame): void {
    const { track, camera, rendition, audio } = this.#options;
    const place = track.place(frame);
    if (frame.keyframe) this.#init = track.init(frame, { audio: audio?.track.codec });
    const isNews = this.#segments.add({
      place,
      init: this.#init,
      bytes: track.fragment(frame),
      capturedAt: toWallClock(frame.capturedAt),
    });
    if (!isNews) return;
    for (const look of this.#waiting) look();
    const { listed, open } = this.#segments;
    if (this.#askedForKeyframe || listed.length > 0 || open === null || open.duration < firstSegment) return;
    this.#askedForKeyframe = true;
    this.#frames.requestKeyframe(camera, rendition);
  }

  gap(lost: number | null): void {
    if (lost === null) this.#segments.interrupt();
  }

  /** Ends with the camera. */
  end(): void {
    for (const player of [...this.#players.values()]) player.close('the camera is gone');
  }

  /** Segments are fetched late, and some players keep them, so they get every frame. @returns what unsubscribes */
  #subscribe(): () => void {
    const { camera, rendition, audio } = this.#options;
    const unsubscribe = this.#frames.subscribe(camera, rendition, this, 'every');
    if (audio === undefined) return unsubscribe;
    const offer = (frame: Frame): void => {
      audio.track.place(frame);
      this.#segments.addAudio(audio.track.fragment(frame));
    };
    const unsubscribeAudio = this.#frames.subscribe(camera, audio.rendition, { offer }, 'every');
    return () => {
      unsubscribe();
      unsubscribeAudio();
    };
  }

  /** Notes a request of a player. @returns what ends it: the signal given, or the player's end. */
  #asks(name: string, signal: AbortSignal): AbortSignal {
    const player = this.#players.get(name);
    if (player === undefined) return signal;
    player.lastAsked = monotonicNow();
    return AbortSignal.any([signal, player.ending.signal]);
  }

  #bytes(name: HlsName, repeatInit: boolean): Buffer | undefined {
    switch (name.kind) {
      case 'init':
        return this.#segments.init(name.number);
      case 'segment':
        return this.#segments.segment(name.number, { repeatInit });
      case 'part':
        return this.#segments.part(name.number, name.part);
      default:
        return name satisfies never;
    }
  }

  /** True if the part, or else the complete segment, exists or has existed. */
  #has({ segment, part }: HlsReload): boolean {
    const { open, nextNumber } = this.#segments;
    const present = open?.number ?? nextNumber;
    if (segment !== present) return segment < present;
    return part !== undefined && open !== null && part < open.parts.length;
  }

  /** True for the part that is growing now, or the first one of the next segment. */
  #isNext(number: number, part: number): boolean {
    const { open, nextNumber } = this.#segments;
    return open?.number === number ? open.parts.length === part : number === nextNumber && part === 0;
  }

  /** Resolves as soon as the condition holds; rejects with the signal's reason. */
  async #until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    while (!holds()) {
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

/** The answer to the waiting requests of a player that is ended. */
function endedBy(reason: string | undefined): PortholeError {
  if (reason === 'revoked') return new PortholeError('not_signed_in');
  return new PortholeError(reason === 'closing' ? 'shutting_down' : 'camera_not_found');
}

/** The HLS streams of a server. */
export class HlsStreams {
  readonly #streams = new Map<string, HlsStream>();
  /** Greater than the number of any segment of a stream that has ended. */
  #next = 0;

  /** How many streams there are. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * The stream of a key.
   *
   * @param key the numbers of its Broadcasts
   * @param open makes a stream that does not exist yet
   */
  of(key: string, open: (options: Pick<HlsStreamOptions, 'first' | 'onEnd'>) => HlsStream): HlsStream {
    const present = this.#streams.get(key);
    if (present !== undefined) return present;
    // The time, for players from before a restart. Segments may come faster than one a second, and clocks are set back.
    const first = Math.max(Math.floor(Date.now() / 1_000), this.#next);
    const onEnd = (): void => {
      this.#next = Math.max(this.#next, stream.nextNumber);
      this.#streams.delete(key);
    };
    const stream = open({ first, onEnd });
    this.#streams.set(key, stream);
    return stream;
  }
}

import { startOf } from '../transports/fmp4.ts';
import type { PictureFrame } from '../transports/frame.ts';
import { mediaSource } from '../transports/media-source.ts';
import { audioStep } from './audio-step.ts';

/** What a player of sound tells. */
export interface AudioEvents {
  /** Sound is coming out, or would be if it were not turned down. */
  heard(): void;
  /**
   * It does not go on: a new player is needed.
   *
   * @param why `blocked` when the browser wants a click first, `restarted` when the stream began anew
   */
  failed(why: 'blocked' | 'restarted' | 'error'): void;
}

/** The types of what the server sends, by the codec that a view is asked for with. */
const types = { aac: 'audio/mp4; codecs="mp4a.40.2"', opus: 'audio/mp4; codecs="opus"' } as const;

/** Ticks of the server's tracks of sound in a second. */
const timescale = 48_000;
/** How much of what was heard stays in the buffer, in seconds. */
const kept = 8;
/** A stream whose times go back by more than this is another one, in seconds. */
const setBack = 0.5;

/** The codec of sound that this browser plays, for `watch`; null if there is none. */
export function audioCodec(): 'aac' | 'opus' | null {
  const Source = mediaSource();
  if (Source === null) return null;
  return (['aac', 'opus'] as const).find((codec) => Source.isTypeSupported(types[codec])) ?? null;
}

/**
 * Plays the sound of one camera in an element of its own, whatever shows the picture: so sound comes and goes without
 * touching that, and a picture never waits for sound. It keeps to the capture time of the picture that is shown.
 *
 * Make one in the handler of a click, since browsers let nothing sound otherwise.
 */
export class AudioPlayer {
  readonly audio = document.createElement('audio');
  readonly #events: AudioEvents;
  readonly #pictureTime: () => number | null;
  readonly #source: MediaSource;
  readonly #url: string;
  readonly #type: string;
  #buffer: SourceBuffer | null = null;
  #queue: Uint8Array<ArrayBuffer>[] = [];
  /** The capture time of the timeline's moment 0, in milliseconds since the epoch by the server's clock. */
  #epoch: number | null = null;
  #lastStart = -Infinity;
  #stalls = 0;
  #heard = false;
  #closed = false;

  /**
   * @param codec as {@link audioCodec} says
   * @param pictureTime when the picture on the screen was captured, in milliseconds since the epoch by the server's
   *   clock; null while there is none
   */
  constructor(codec: 'aac' | 'opus', pictureTime: () => number | null, events: AudioEvents) {
    const Source = mediaSource();
    if (Source === null) throw new TypeError('look with soundCodec() first');
    this.#events = events;
    this.#pictureTime = pictureTime;
    this.#type = types[codec];
    this.#source = new Source();
    this.#source.addEventListener('sourceopen', () => this.#flush());
    const { audio } = this;
    audio.disableRemotePlayback = true;
    audio.addEventListener('error', () => this.#fail('error'));
    audio.addEventListener('waiting', () => (this.#stalls += 1));
    audio.addEventListener('timeupdate', () => this.#note());
    this.#url = URL.createObjectURL(this.#source);
    audio.src = this.#url;
    audio.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.#fail('blocked');
    });
  }

  /** From 0 to 1. */
  set volume(volume: number) {
    this.audio.volume = volume;
  }

  /** Takes what has just arrived of the stream of sound. */
  push({ kind, content, capturedAt }: PictureFrame): void {
    if (this.#closed) return;
    if (kind === 'sound-fragment') {
      const start = startOf(content, timescale);
      if (start === null) return;
      if (start < this.#lastStart - setBack) {
        this.#fail('restarted');
        return;
      }
      this.#lastStart = start;
      this.#epoch = capturedAt - start * 1_000;
    } else if (kind !== 'sound-init') return;
    this.#queue.push(content);
    this.#flush();
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    URL.revokeObjectURL(this.#url);
    this.audio.removeAttribute('src');
    this.audio.load();
  }

  #flush(): void {
    if (this.#closed || this.#source.readyState !== 'open' || this.#buffer?.updating === true) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    try {
      this.#buffer ??= this.#open();
      this.#buffer.appendBuffer(next);
    } catch {
      this.#fail('error');
    }
  }

  #open(): SourceBuffer {
    const buffer = this.#source.addSourceBuffer(this.#type);
    buffer.addEventListener('updateend', () => {
      if (this.#closed) return;
      this.#follow();
      this.#trim(buffer);
      this.#flush();
    });
    return buffer;
  }

  /** Keeps to the picture. */
  #follow(): void {
    const { audio } = this;
    const last = audio.buffered.length - 1;
    if (last < 0) return;
    const shown = this.#pictureTime();
    const { seek, rate } = audioStep({
      position: audio.currentTime,
      start: audio.buffered.start(last),
      end: audio.buffered.end(last),
      picture: shown === null || this.#epoch === null ? null : (shown - this.#epoch) / 1_000,
      stalls: this.#stalls,
    });
    if (seek !== undefined && !audio.seeking) audio.currentTime = seek;
    if (audio.playbackRate !== rate) audio.playbackRate = rate;
    if (audio.paused) audio.play().catch(() => undefined);
  }

  #trim(buffer: SourceBuffer): void {
    const { currentTime } = this.audio;
    if (buffer.updating || buffer.buffered.length === 0) return;
    if (currentTime - buffer.buffered.start(0) > 2 * kept) buffer.remove(0, currentTime - kept);
  }

  #note(): void {
    if (this.#heard || this.#closed) return;
    this.#heard = true;
    this.#events.heard();
  }

  #fail(why: Parameters<AudioEvents['failed']>[0]): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#events.failed(why);
  }
}

import { startOf } from '../../transports/fmp4.ts';
import type { MediaFrame } from '../../connection/frame.ts';
import { mediaSource } from '../../transports/media-source.ts';
import { audioStep } from './audio-step.ts';

/** Events of {@link AudioPlayer}. */
export interface AudioEvents {
  /** Playback has started. */
  heard(): void;
  /**
   * Playback has ended; a new player is needed.
   *
   * @param why `blocked` when the browser requires a click first, `restarted` when the stream started over
   */
  failed(why: 'blocked' | 'restarted' | 'error'): void;
}

/** MIME types of the server's audio streams by codec. */
const types = { aac: 'audio/mp4; codecs="mp4a.40.2"', opus: 'audio/mp4; codecs="opus"' } as const;

/** Timescale of the server's audio tracks, in ticks per second. */
const timescale = 48_000;
/** How much played audio stays in the buffer (s). */
const kept = 8;
/** If timestamps go back by more than this, the stream has started over (s). */
const setBack = 0.5;

/** An audio codec that this browser plays, for a `watch` request; null if it plays none. */
export function audioCodec(): 'aac' | 'opus' | null {
  const Source = mediaSource();
  if (Source === null) return null;
  return (['aac', 'opus'] as const).find((codec) => Source.isTypeSupported(types[codec])) ?? null;
}

/**
 * Plays the audio of one camera in a separate `<audio>` element, so that video never waits for audio. It follows the
 * capture time of the frame on the screen.
 *
 * Construct it in a click handler: otherwise browsers block playback.
 */
export class AudioPlayer {
  readonly audio = document.createElement('audio');
  readonly #events: AudioEvents;
  readonly #frameTime: () => number | null;
  readonly #source: MediaSource;
  readonly #url: string;
  readonly #type: string;
  #buffer: SourceBuffer | null = null;
  #queue: Uint8Array<ArrayBuffer>[] = [];
  /** Capture time at position 0 of the timeline, in milliseconds since the epoch by the server's clock. */
  #epoch: number | null = null;
  #lastStart = -Infinity;
  #stalls = 0;
  #heard = false;
  #closed = false;

  /**
   * @param codec as returned by {@link audioCodec}
   * @param frameTime capture time of the frame on the screen in milliseconds since the epoch, by the server's clock; null
   *   if unknown
   */
  constructor(codec: 'aac' | 'opus', frameTime: () => number | null, events: AudioEvents) {
    const Source = mediaSource();
    if (Source === null) throw new TypeError('check audioCodec() first');
    this.#events = events;
    this.#frameTime = frameTime;
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

  /** Takes a message of the audio stream. */
  push({ kind, content, capturedAt }: MediaFrame): void {
    if (this.#closed) return;
    if (kind === 'audio-fragment') {
      const start = startOf(content, timescale);
      if (start === null) return;
      if (start < this.#lastStart - setBack) {
        this.#fail('restarted');
        return;
      }
      this.#lastStart = start;
      this.#epoch = capturedAt - start * 1_000;
    } else if (kind !== 'audio-init') return;
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

  /** Keeps audio in sync with the video. */
  #follow(): void {
    const { audio } = this;
    const last = audio.buffered.length - 1;
    if (last < 0) return;
    const shown = this.#frameTime();
    const { seek, rate } = audioStep({
      position: audio.currentTime,
      start: audio.buffered.start(last),
      end: audio.buffered.end(last),
      frame: shown === null || this.#epoch === null ? null : (shown - this.#epoch) / 1_000,
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

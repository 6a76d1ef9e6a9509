import type { Frame } from '../../domain/media/frame.ts';
import { renditionKey, type Codec, type Rendition } from '../../domain/media/rendition.ts';
import { Broadcast } from '../../fanout/broadcast.ts';
import type { LoadShedder } from '../../fanout/load-shedder.ts';

/** Options of {@link CameraBroadcasts}. */
export interface CameraBroadcastsOptions {
  /** Numbers a Broadcast; never the same twice in one server. */
  readonly nextId: () => number;
  /** Shared by all cameras: they share the machine. */
  readonly loadShedder: LoadShedder;
  /** Asks the Capture for a keyframe of a Rendition; false if it does not make them on demand. */
  readonly requestKeyframe: (id: number, rendition: Rendition) => boolean;
}

/** The Broadcasts of one camera, one for each Rendition that was ever wanted. */
export class CameraBroadcasts implements Iterable<Broadcast> {
  readonly #options: CameraBroadcastsOptions;
  readonly #byKey = new Map<string, Broadcast>();
  readonly #byId = new Map<number, Broadcast>();

  constructor(options: CameraBroadcastsOptions) {
    this.#options = options;
  }

  /** The Broadcast of a Rendition. */
  of(rendition: Rendition): Broadcast {
    const key = renditionKey(rendition);
    let broadcast = this.#byKey.get(key);
    if (broadcast === undefined) {
      const id = this.#options.nextId();
      broadcast = new Broadcast(id, rendition, () => this.#options.requestKeyframe(id, rendition));
      this.#byKey.set(key, broadcast);
      this.#byId.set(id, broadcast);
    }
    return broadcast;
  }

  [Symbol.iterator](): Iterator<Broadcast> {
    return this.#byKey.values();
  }

  /** The Broadcasts that have viewers. */
  get watched(): readonly Broadcast[] {
    return [...this.#watched()];
  }

  /** True if any Rendition has a viewer. */
  get isWatched(): boolean {
    return !this.#watched().next().done;
  }

  /** The Broadcasts of a codec that have viewers. */
  watchedAs(codec: Codec): readonly Broadcast[] {
    return [...this.#watched()].filter(({ rendition }) => rendition.codec === codec);
  }

  /**
   * Publishes a frame to the viewers of its Rendition.
   *
   * @returns the Broadcast, or null if it has no viewers; and how many frames were skipped because of overload
   */
  publish(id: number, frame: Frame): { readonly broadcast: Broadcast | null; readonly skipped: number } {
    const broadcast = this.#byId.get(id);
    if (broadcast === undefined || broadcast.viewerCount === 0) return { broadcast: null, skipped: 0 };
    return { broadcast, skipped: this.#options.loadShedder.publish(broadcast, frame) };
  }

  /** Forgets the current frames of a Broadcast, or of all: their Capture has ended or nobody watches. */
  forget(only?: Broadcast): void {
    for (const broadcast of only === undefined ? this : [only]) {
      this.#options.loadShedder.forget(broadcast);
      broadcast.forget();
    }
  }

  /** Has every viewer check its connection. */
  tick(now: number): void {
    for (const broadcast of this) broadcast.tick(now);
  }

  /** Ends every viewer. */
  end(): void {
    for (const broadcast of this) broadcast.end();
  }

  *#watched(): Generator<Broadcast, void> {
    for (const broadcast of this) if (broadcast.viewerCount > 0) yield broadcast;
  }
}

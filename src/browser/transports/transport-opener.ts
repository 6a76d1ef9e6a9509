import type { VideoTransportName } from './transport-choice.ts';
import { transportKinds } from './transport-kinds.ts';
import type { TransportContext, TransportFailure, TransportKind, VideoTransport } from './video-transport.ts';

/** A transport that has been opened. */
export interface OpenTransport {
  readonly name: VideoTransportName;
  readonly kind: TransportKind;
  readonly transport: VideoTransport;
  /** Since when it could have had a frame, by `performance.now()`. */
  since: number;
}

/** Events of the transports that a {@link TransportOpener} opens. */
export interface OpenTransportEvents {
  /** The first frame is ready. */
  shown(open: OpenTransport): void;
  /** A frame is on the screen. */
  drawn(open: OpenTransport): void;
  /** The transport has ended. */
  failed(open: OpenTransport, why: TransportFailure): void;
  /** The transport is open and delivers what it was opened for. */
  opened(open: OpenTransport): void;
  /** The transport could not be loaded or opened. */
  unavailable(name: VideoTransportName): void;
}

/** Opens one transport at a time. Opening loads code, so it may be cancelled meanwhile. */
export class TransportOpener {
  readonly #events: OpenTransportEvents;
  /** Changes when what is being opened is cancelled. */
  #epoch = 0;
  #busy = false;

  constructor(events: OpenTransportEvents) {
    this.#events = events;
  }

  /** True while a transport is being opened. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Opens a transport of this kind. */
  open(name: VideoTransportName, context: Omit<TransportContext, 'events'>): void {
    this.#busy = true;
    this.#epoch += 1;
    void this.#open(name, transportKinds[name], context);
  }

  /** Closes what is being opened as soon as it is open. */
  cancel(): void {
    this.#epoch += 1;
    this.#busy = false;
  }

  async #open(name: VideoTransportName, kind: TransportKind, context: Omit<TransportContext, 'events'>): Promise<void> {
    const epoch = this.#epoch;
    const events = this.#events;
    let open: OpenTransport | null = null;
    try {
      const transport = await kind.open({
        ...context,
        events: {
          shown: () => void (open !== null && events.shown(open)),
          drawn: () => void (open !== null && events.drawn(open)),
          failed: (why) => void (open !== null && events.failed(open, why)),
        },
      });
      open = { name, kind, transport, since: performance.now() };
    } catch {
      if (epoch === this.#epoch) events.unavailable(name);
    }
    if (epoch !== this.#epoch) return open?.transport.close();
    this.#busy = false;
    if (open !== null) events.opened(open);
  }
}

import type { FastifyRequest } from 'fastify';
import { PortholeError } from '../../domain/errors.ts';
import type { Context } from '../../http/context.ts';
import type { WebRtcHandle } from '../../http/deps.ts';
import { principalOf } from '../../http/policy.ts';

/** So many sessions may one client have that are not yet connected. */
const mostPending = 8;

interface Held {
  readonly session: WebRtcHandle;
  readonly grant: string;
}

/** The open WebRTC sessions, by their names and by whose they are. */
export class WhepSessions {
  readonly #context: Context;
  readonly #sessions = new Map<string, Held>();
  /** How many a client has that are being opened or not connected yet. */
  readonly #pending = new Map<string, number>();
  readonly #forget: () => void;

  constructor(context: Context) {
    this.#context = context;
    this.#forget = context.cameras.onChange((event) => {
      if (event.type !== 'camera' || event.camera.state.kind !== 'off') return;
      for (const { session } of this.#sessions.values()) {
        if (session.camera === event.camera.id) session.close('the camera was switched off');
      }
    });
  }

  /**
   * A client begins to open one; call what it returns when that is done.
   *
   * @throws {PortholeError} `too_many_requests`
   */
  enter(request: FastifyRequest): () => void {
    const client = clientOf(request);
    const pending = this.#pending.get(client) ?? 0;
    if (pending >= mostPending) throw new PortholeError('too_many_requests');
    this.#count(client, 1);
    return () => this.#count(client, -1);
  }

  /** Keeps one until it ends, which it does with what it was opened under and with the server. */
  add(request: FastifyRequest, session: WebRtcHandle): void {
    const { grant } = principalOf(request);
    const client = clientOf(request);
    this.#sessions.set(session.id, { session, grant });
    this.#count(client, 1);
    void Promise.race([session.connected, session.closed]).then(() => this.#count(client, -1));
    const release = this.#context.streams.add({ grant, end: (reason) => session.close(reason) });
    request.log.debug('WebRTC session opened');
    // It may have been switched off while the session was opened, when nobody could tell it yet.
    if (this.#context.cameras.find(session.camera)?.state.kind === 'off') session.close('the camera was switched off');
    void session.closed.then(() => {
      this.#sessions.delete(session.id);
      release();
    });
  }

  /**
   * The asker's session of this name.
   *
   * @throws {PortholeError} `webrtc_session_not_found`, also for one of somebody else.
   */
  mine(request: FastifyRequest, id: string): WebRtcHandle {
    const held = this.#sessions.get(id);
    if (held?.grant !== principalOf(request).grant) throw new PortholeError('webrtc_session_not_found');
    return held.session;
  }

  /** Watches the cameras no more. */
  close(): void {
    this.#forget();
  }

  #count(client: string, by: 1 | -1): void {
    const count = (this.#pending.get(client) ?? 0) + by;
    if (count === 0) this.#pending.delete(client);
    else this.#pending.set(client, count);
  }
}

/** Whoever asks, where many share a grant: the public. */
function clientOf(request: FastifyRequest): string {
  return `${principalOf(request).grant} ${request.ip}`;
}

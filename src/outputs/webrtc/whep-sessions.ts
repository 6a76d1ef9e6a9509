import type { FastifyRequest } from 'fastify';
import { PortholeError } from '../../domain/errors.ts';
import type { OpenStreams } from '../../accounts/open-streams.ts';
import type { Cameras } from '../../cameras/cameras.ts';
import { principalOf } from '../../http/security/policy.ts';
import type { WebRtcSession } from './session.ts';

/** The number of sessions that one client may have that are not yet connected. */
const mostPending = 8;

/** The session of one WebRTC viewer, as far as WHEP controls it. */
export type WhepSession = Pick<
  WebRtcSession,
  'id' | 'etag' | 'camera' | 'answer' | 'connected' | 'closed' | 'accept' | 'addCandidates' | 'close'
>;

interface Held {
  readonly session: WhepSession;
  readonly grant: string;
}

/** The open WebRTC sessions by id, each with the grant that owns it. */
export class WhepSessions {
  readonly #cameras: Cameras;
  readonly #streams: OpenStreams;
  readonly #sessions = new Map<string, Held>();
  /** The number of sessions of each client that are being opened or not connected yet. */
  readonly #pending = new Map<string, number>();

  constructor(cameras: Cameras, streams: OpenStreams) {
    this.#cameras = cameras;
    this.#streams = streams;
  }

  /** Ends the sessions of cameras that are switched off. Returns a function that stops this. */
  watchCameras(): () => void {
    return this.#cameras.onChange((event) => {
      if (event.type !== 'camera' || event.camera.state.kind !== 'off') return;
      for (const { session } of this.#sessions.values()) {
        if (session.camera === event.camera.id) session.close('the camera was switched off');
      }
    });
  }

  /**
   * Counts a session that a client is opening. Call the returned function when it is open or has failed.
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

  /** Keeps a session until it ends. It ends with its grant and with the server. */
  add(request: FastifyRequest, session: WhepSession): void {
    const { grant } = principalOf(request);
    const client = clientOf(request);
    this.#sessions.set(session.id, { session, grant });
    this.#count(client, 1);
    void Promise.race([session.connected, session.closed]).then(() => this.#count(client, -1));
    const release = this.#streams.add({ grant, end: (reason) => session.close(reason) });
    request.log.debug('WebRTC session opened');
    // The camera may have been switched off while the session was being opened.
    if (this.#cameras.find(session.camera)?.state.kind === 'off') session.close('the camera was switched off');
    void session.closed.then(() => {
      this.#sessions.delete(session.id);
      release();
    });
  }

  /**
   * The client's session with this id.
   *
   * @throws {PortholeError} `webrtc_session_not_found`, also for a session of another client.
   */
  mine(request: FastifyRequest, id: string): WhepSession {
    const held = this.#sessions.get(id);
    if (held?.grant !== principalOf(request).grant) throw new PortholeError('webrtc_session_not_found');
    return held.session;
  }

  #count(client: string, by: 1 | -1): void {
    const count = (this.#pending.get(client) ?? 0) + by;
    if (count === 0) this.#pending.delete(client);
    else this.#pending.set(client, count);
  }
}

/** Identifies a client: all visitors of public access share one grant, so the address counts too. */
function clientOf(request: FastifyRequest): string {
  return `${principalOf(request).grant} ${request.ip}`;
}

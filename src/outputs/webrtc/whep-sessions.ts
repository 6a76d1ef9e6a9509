import type { FastifyRequest } from 'fastify';
import { PortholeError } from '../../domain/errors.ts';
import type { OpenStreams } from '../../accounts/open-streams.ts';
import type { Cameras } from '../../cameras/cameras.ts';
import { principalOf } from '../../http/security/policy.ts';
import type { WebRtcSession } from './session.ts';
import { type Place, WhepPlaces } from './whep-places.ts';

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
  readonly places = new WhepPlaces();

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

  /** Keeps a session and its place until it ends. It ends with its grant and with the server. */
  add(request: FastifyRequest, session: WhepSession, place: Place): void {
    const { grant } = principalOf(request);
    this.#sessions.set(session.id, { session, grant });
    void session.connected.then(() => place.connected());
    const release = this.#streams.add({ grant, end: (reason) => session.close(reason) });
    request.log.debug('WebRTC session opened');
    // The camera may have been switched off while the session was being opened.
    if (this.#cameras.find(session.camera)?.state.kind === 'off') session.close('the camera was switched off');
    void session.closed.then(() => {
      this.#sessions.delete(session.id);
      place.leave();
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
}

import { PortholeError } from '../../src/domain/errors.ts';
import type { IceServer } from '../../src/domain/media/ice.ts';

/** What a session was opened for. */
export interface FakeOffer {
  readonly camera: string;
  readonly width: number | 'source';
  readonly offer: string | null;
  readonly client: string | null;
}

/** WebRTC without a network. An offer that contains `full` is refused. */
export class FakeWebRtc {
  readonly servers: IceServer[] = [];
  readonly offers: FakeOffer[] = [];
  readonly sessions: FakeSession[] = [];

  async open(options: FakeOffer): Promise<FakeSession> {
    if (options.offer?.includes('full') === true) throw new PortholeError('webrtc_full');
    this.offers.push(options);
    const session = new FakeSession(`session-${this.sessions.length}`, options.camera);
    this.sessions.push(session);
    return session;
  }
}

/** A session that connects when the test says so, and records what it was given. */
export class FakeSession {
  readonly etag = '"its-tag"';
  readonly answer = 'v=0\r\n';
  readonly fragments: string[] = [];
  readonly accepted: string[] = [];
  readonly #connected = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly connected = this.#connected.promise;
  readonly closed = this.#closed.promise;
  readonly id: string;
  readonly camera: string;
  reason: string | undefined;

  constructor(id: string, camera: string) {
    this.id = id;
    this.camera = camera;
  }
  accept(answer: string): void {
    this.accepted.push(answer);
  }
  addCandidates(fragment: string): void {
    this.fragments.push(fragment);
  }
  connect(): void {
    this.#connected.resolve();
  }
  close(reason = 'closed'): void {
    this.reason ??= reason;
    this.#closed.resolve();
  }
}

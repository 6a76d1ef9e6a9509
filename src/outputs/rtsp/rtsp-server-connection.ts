import type { Socket } from 'node:net';
import type { Accounts } from '../../accounts/accounts.ts';
import type { OpenStreams } from '../../accounts/open-streams.ts';
import type { Cameras } from '../../cameras/cameras.ts';
import { monotonicNow } from '../../domain/clock.ts';
import type { CameraInfo } from '../../domain/cameras/camera.ts';
import { asPortholeError, PortholeError } from '../../domain/errors.ts';
import type { Logger } from '../../domain/logger.ts';
import { maySee, type Principal } from '../../domain/users/user.ts';
import type { Connection } from '../../fanout/connection.ts';
import type { Connections } from '../../fanout/connections.ts';
import { readTarget, type RequestTarget } from '../../formats/rtsp/request-target.ts';
import { RequestReader } from '../../formats/rtsp/request-reader.ts';
import { headerValue, type RtspHeader, type RtspRequest } from '../../formats/rtsp/rtsp-message.ts';
import { readTransportOffer } from '../../formats/rtsp/transport-offer.ts';
import { Presentation } from './presentation.ts';
import { presentationInput } from './presentation-input.ts';
import { answerOf, methods, type RtspAnswer, writeAnswer } from './rtsp-answer.ts';
import { RtspServerSession } from './rtsp-server-session.ts';
import type { RtpTracks } from './rtp-track.ts';
import { sessionDescription } from './session-description.ts';
import type { UdpPorts } from './udp-ports.ts';

/** A session without a sign of life ends after this time, in seconds (RFC 2326, section 12.37). */
const timeout = 60;
/** A connection that nobody has signed in to is closed after this time, in milliseconds. */
const signInLimit = 15_000;
/** Time between the reports of a stream, in milliseconds (RFC 3550, section 6.2). */
const reportInterval = 5_000;
/** A connection is closed after this many answers with 401: clients ask a person for the password in between. */
const mostRefusals = 5;

/** Services of RTSP connections. */
export interface RtspServices {
  readonly cameras: Cameras;
  readonly accounts: Pick<Accounts, 'authenticate' | 'setupCode'>;
  readonly streams: OpenStreams;
  readonly connections: Connections;
  readonly tracks: RtpTracks;
  /** Opens the UDP ports, or returns those that are open. */
  readonly udp: () => Promise<UdpPorts>;
  /** Counts a session of its owner. @returns what ends it; null if the owner has too many */
  readonly claimSession: (owner: string) => (() => void) | null;
  readonly log: Logger;
}

/**
 * One connection of a client: reads requests and answers them, one after the other. DESCRIBE or SETUP opens a
 * {@link Presentation}, and SETUP the {@link RtspServerSession} that sends it. A connection has at most one of each.
 */
export class RtspServerConnection {
  readonly #services: RtspServices;
  readonly #socket: Socket;
  readonly #connection: Connection;
  readonly #address: string;
  readonly #reader = new RequestReader();
  /** The client that has signed in, and its credentials. */
  #principal: Principal | null = null;
  #credentials: string | null = null;
  #userAgent: string | null = null;
  #presentation: Presentation | null = null;
  /** The path under which the presentation was opened. */
  #path = '';
  #session: RtspServerSession | null = null;
  #releaseSession: () => void = () => undefined;
  #releaseGrant: () => void = () => undefined;
  #refusals = 0;
  readonly #openedAt = monotonicNow();
  /** When the last request came, on the monotonic clock in milliseconds. */
  #heardAt = monotonicNow();
  #reportedAt = monotonicNow();
  #reason = 'the client left';
  #isClosed = false;

  /** @param socket belongs to the connection from now on */
  constructor(socket: Socket, services: RtspServices) {
    this.#services = services;
    this.#socket = socket;
    this.#connection = services.connections.of(socket);
    this.#address = socket.remoteAddress ?? '';
  }

  /** The camera that the client watches, or is about to; null without one. */
  get camera(): string | null {
    return this.#presentation?.camera ?? null;
  }

  /** True once somebody has signed in, or access is public. */
  get isSignedIn(): boolean {
    return this.#principal !== null;
  }

  /** Reads requests until the client leaves or the connection is closed. */
  async run(): Promise<void> {
    this.#socket.setNoDelay(true);
    this.#socket.on('error', () => undefined); // the loop ends
    this.#socket.once('close', () => this.close());
    try {
      for await (const chunk of this.#socket) {
        for (const item of this.#reader.push(chunk as Buffer)) {
          if (this.#isClosed) return;
          if (item.kind === 'packet') continue; // reports of a receiver over TCP, of which nothing is lost
          if (item.kind === 'bad') {
            this.#answer({ status: item.status }, undefined);
            this.#socket.end();
            return;
          }
          this.#heardAt = monotonicNow();
          await this.#handle(item);
        }
      }
    } catch {
      // The connection broke.
    } finally {
      this.close();
    }
  }

  /** Looks at the connection, about once a second. */
  check(now: number): void {
    const isPlaying = this.#session?.isPlaying === true;
    if (isPlaying && now - this.#reportedAt >= reportInterval) {
      this.#reportedAt = now;
      this.#session?.report(now);
    }
    if (!this.#connection.isTaking(now)) this.close('it took nothing for 30 s');
    else if (this.#principal === null && now - this.#openedAt > signInLimit) this.close('nobody signed in');
    // What takes an interleaved stream is alive.
    else if (isPlaying && this.#session?.isInterleaved === true) return;
    else if (now - Math.max(this.#heardAt, this.#session?.heardAt ?? 0) > timeout * 1_000) this.close('it was silent');
  }

  /** Ends everything at once. Idempotent. */
  close(reason?: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (reason !== undefined) this.#reason = reason;
    this.#endSession();
    this.#presentation?.close();
    this.#presentation = null;
    this.#releaseGrant();
    this.#socket.destroy();
  }

  async #handle(request: RtspRequest): Promise<void> {
    const sequence = headerValue(request.headers, 'cseq');
    try {
      const answer = await this.#answerTo(request);
      if (this.#isClosed) return;
      this.#answer(answer, sequence);
      if (answer.status === 200 && request.method === 'PLAY') this.#play();
      if (this.#refusals >= mostRefusals) this.#socket.end();
    } catch (error) {
      const problem = asPortholeError(error);
      if (problem.code === 'internal') this.#services.log.error({ err: error }, 'an RTSP request failed');
      if (!this.#isClosed) this.#answer(answerOf(problem), sequence);
    }
  }

  #play(): void {
    try {
      this.#session?.play();
    } catch {
      this.close('the camera is gone');
    }
  }

  #answer(answer: RtspAnswer, sequence: string | undefined): void {
    this.#connection.write(writeAnswer(answer, sequence));
  }

  async #answerTo(request: RtspRequest): Promise<RtspAnswer> {
    const { method, headers } = request;
    this.#userAgent = headerValue(headers, 'user-agent')?.slice(0, 300) ?? this.#userAgent;
    const required = headerValue(headers, 'require') ?? headerValue(headers, 'proxy-require');
    if (required !== undefined) return { status: 551, headers: [['Unsupported', required.slice(0, 200)]] };
    if (method === 'OPTIONS') return { status: 200, headers: [['Public', methods]] };
    const session = headerValue(headers, 'session')?.split(';')[0]?.trim();
    if (session !== undefined && session !== this.#session?.id) return { status: 454 };
    switch (method) {
      case 'DESCRIBE':
        return (await this.#signIn(request)) ?? this.#describe(request);
      case 'SETUP':
        return (await this.#signIn(request)) ?? this.#setUp(request);
      case 'PLAY':
        return this.#session === null ? { status: 454 } : this.#ok([['Range', 'npt=0.000-']]);
      case 'PAUSE':
        if (this.#session === null) return { status: 454 };
        this.#session.pause();
        return this.#ok();
      case 'GET_PARAMETER':
        return this.#ok();
      case 'SET_PARAMETER':
        return request.body.length === 0 ? this.#ok() : { status: 451 };
      case 'TEARDOWN':
        if (this.#session === null) return { status: 454 };
        this.#endSession();
        this.#presentation?.close();
        this.#presentation = null;
        return { status: 200 };
      default:
        return { status: 405, headers: [['Allow', methods]] };
    }
  }

  #ok(more: readonly RtspHeader[] = []): RtspAnswer {
    const { id } = this.#session ?? {};
    return { status: 200, headers: [...(id === undefined ? [] : [['Session', id] as const]), ...more] };
  }

  /** Authenticates the client. @returns the answer that refuses it; null if it may go on */
  async #signIn({ uri, headers }: RtspRequest): Promise<RtspAnswer | null> {
    const { accounts, streams } = this.#services;
    if (accounts.setupCode !== null) throw new PortholeError('not_set_up');
    const authorization = headerValue(headers, 'authorization');
    const token = readTarget(uri)?.query.get('token') ?? undefined;
    const credentials = JSON.stringify([authorization, token]);
    // Clients that have signed in need not do so again on the same connection.
    const isKnown = credentials === this.#credentials || (authorization === undefined && token === undefined);
    if (this.#principal !== null && isKnown) return null;
    const facts = { ip: this.#address, userAgent: this.#userAgent };
    const principal = await accounts.authenticate(authorization === undefined ? {} : { authorization }, token, facts);
    if (this.#isClosed) return null;
    if (principal === null) {
      this.#refusals += 1;
      return { status: 401, headers: [['WWW-Authenticate', 'Basic realm="Porthole", charset="UTF-8"']] };
    }
    // Somebody else may see other cameras.
    this.#endSession();
    this.#presentation?.close();
    this.#presentation = null;
    this.#releaseGrant();
    this.#principal = principal;
    this.#credentials = credentials;
    this.#releaseGrant = streams.add({ grant: principal.grant, end: (reason) => this.close(reason) });
    return null;
  }

  async #describe({ uri }: RtspRequest): Promise<RtspAnswer> {
    const target = readTarget(uri);
    if (target === null) return { status: 400 };
    if (this.#session !== null) return { status: 455 };
    const camera = this.#cameraOf(target);
    const presentation = await this.#open(target, camera);
    if (presentation === null) return { status: 503 };
    const { cameras } = this.#services;
    const address = this.#socket.localAddress ?? '';
    return {
      status: 200,
      headers: [
        ['Content-Type', 'application/sdp'],
        ['Content-Base', target.base],
        ['Cache-Control', 'no-store'],
      ],
      body: sessionDescription({ presentation, camera: cameras.get(camera.id), address }),
    };
  }

  async #setUp({ uri, headers }: RtspRequest): Promise<RtspAnswer> {
    const target = readTarget(uri);
    if (target === null) return { status: 400 };
    const offer = readTransportOffer(headerValue(headers, 'transport') ?? '');
    if (offer === null) return { status: 461 };
    if (this.#session?.isPlaying === true) return { status: 455 };
    // Clients that have read a description may ask for a track of it without the rest of the URL.
    const isDescribed = this.#presentation !== null && (target.path === '' || target.path === this.#path);
    const camera = isDescribed ? null : this.#cameraOf(target);
    // All tracks of a session are of one camera.
    if (camera !== null && this.#session !== null && camera.id !== this.camera) return { status: 455 };
    const presentation = camera === null ? this.#presentation : await this.#open(target, camera);
    if (presentation === null) return { status: 503 };
    const session = this.#session ?? this.#newSession(presentation);
    const transport = await session.setUp(target.track ?? session.nextTrack, offer);
    if (transport === null) {
      // The client doesn't know of a session without tracks.
      if (session.isEmpty) this.#endSession();
      return { status: 404, reason: 'The camera has no such track.' };
    }
    return {
      status: 200,
      headers: [
        ['Transport', transport],
        ['Session', `${session.id};timeout=${timeout}`],
      ],
    };
  }

  /** @throws {PortholeError} `camera_not_found`, also for a camera that the client may not see */
  #cameraOf({ path }: RequestTarget): CameraInfo {
    const camera = this.#services.cameras.find(path);
    if (camera === undefined || this.#principal === null || !maySee(this.#principal, camera.id)) {
      throw new PortholeError('camera_not_found', { message: 'This server has no camera with this name.' });
    }
    return camera;
  }

  /** Opens a presentation in place of the present one; null if the connection is closed meanwhile. */
  async #open({ path, query }: RequestTarget, camera: CameraInfo): Promise<Presentation | null> {
    const input = presentationInput(query);
    const presentation = await Presentation.open(this.#services, camera, input, this.#owner);
    if (this.#isClosed) {
      presentation.close();
      return null;
    }
    if (this.#session === null) {
      this.#presentation?.close();
      this.#presentation = presentation;
      this.#path = path;
      return presentation;
    }
    presentation.close();
    return this.#session.presentation;
  }

  get #owner(): string {
    return `${this.#principal?.user?.id ?? ''} ${this.#address}`;
  }

  /** @throws {PortholeError} `too_many_requests` */
  #newSession(presentation: Presentation): RtspServerSession {
    const release = this.#services.claimSession(this.#owner);
    if (release === null) {
      throw new PortholeError('too_many_requests', { message: 'Too many RTSP sessions. End some of them.' });
    }
    this.#releaseSession = release;
    this.#session = new RtspServerSession({
      frames: this.#services.cameras,
      presentation,
      connection: this.#connection,
      udp: this.#services.udp,
      address: this.#address,
      owner: this.#owner,
      onCameraGone: () => this.close('the camera is gone'),
    });
    return this.#session;
  }

  #endSession(): void {
    const session = this.#session;
    if (session === null) return;
    this.#session = null;
    session.close();
    this.#releaseSession();
    const camera = session.presentation.camera;
    this.#services.log.debug({ camera, ...session.counts, reason: this.#reason }, 'RTSP session ended');
  }
}

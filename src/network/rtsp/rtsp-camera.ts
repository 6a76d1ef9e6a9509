import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { cameraLimits } from '../../domain/cameras/camera-limits.ts';
import { asPortholeError, PortholeError } from '../../domain/errors.ts';
import {
  authorization,
  credentialsOf,
  isNewChallenge,
  type Credentials,
} from '../../formats/http-auth/authorization.ts';
import { otherReadings, parseChallenges, type Challenge } from '../../formats/http-auth/challenges.ts';
import {
  headerValue,
  headerValues,
  writeRtsp,
  type RtspHeader,
  type RtspReply,
  type RtspRequest,
} from '../../formats/rtsp/rtsp-message.ts';
import { RtspReader } from '../../formats/rtsp/rtsp-reader.ts';
import type { SocketReader } from '../socket-reader.ts';
import { explainHangUp, explainOther, explainRedirect, explainSilence } from './rtsp-problems.ts';

/** How long a camera may take to answer a request, in milliseconds. */
const replyLimit = 5_000;
/** How often one request is signed: the first nonce may have expired. */
const mostTries = 3;

/** Messages of a camera other than replies. */
export interface RtspCameraEvents {
  /** A media packet, with its header of four bytes. Its channel need not be one that was set up. */
  packet(channel: number, bytes: Buffer): void;
  /** It redirects us, before the request or the connection fails because of that. */
  redirected(location: string | undefined): void;
  /** It can't go on. */
  failed(error: PortholeError): void;
}

/** Runs something that reads, such as {@link ReadingShare.charge}. */
export type Charge = (read: (bytes: Buffer) => void, bytes: Buffer) => void;

/** A request that waits for its reply. */
interface Pending {
  readonly number: number;
  readonly settle: (reply: RtspReply | PortholeError) => void;
}

/** One connection to an RTSP camera (RFC 2326), which signs in as the camera wants it. */
export class RtspCamera {
  readonly #socket: Socket;
  readonly #url: string;
  readonly #credentials: Credentials | null;
  readonly #events: RtspCameraEvents;
  readonly #reader = new RtspReader();
  #pending: Pending[] = [];
  #number = 0;
  /** One for all requests: a session's key is made of the first one (RFC 7616, section 3.4.2). */
  readonly #cnonce = randomBytes(8).toString('hex');
  #challenges: readonly Challenge[] = [];
  #signatures = 0;
  /** The id of the session, exactly as the camera writes it. */
  session: string | null = null;

  /**
   * @param url the camera's URL, as configured
   * @param input how what arrives is read: `charge` calls the function that reads it; `reader` is the socket's
   */
  constructor(
    socket: Socket,
    url: string,
    events: RtspCameraEvents,
    { charge, reader }: { readonly charge?: Charge | undefined; readonly reader?: SocketReader | undefined } = {},
  ) {
    this.#socket = socket;
    this.#url = url;
    this.#credentials = credentialsOf(url);
    this.#events = events;
    const read = (bytes: Buffer): void => this.#take(bytes);
    const take = charge === undefined ? read : (bytes: Buffer) => charge(read, bytes);
    if (reader === undefined) socket.on('data', take);
    else reader.take = take;
    socket.once('close', () => this.#settleAll(explainHangUp()));
  }

  /** The camera's URL without name and password: the target of requests. */
  get target(): string {
    return this.#url.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1').replace(/#.*$/, '');
  }

  /** True if the URL contains a name and password. */
  get signsIn(): boolean {
    return this.#credentials !== null;
  }

  /** Media on these channels are reported from now on. */
  listen(channels: readonly number[]): void {
    for (const channel of channels) this.#reader.channels.add(channel);
  }

  /**
   * Sends a request, and again with a signature if the camera wants one.
   *
   * @throws {PortholeError} if the camera does not answer, or redirects.
   */
  async ask(method: string, uri: string, headers: readonly RtspHeader[] = []): Promise<RtspReply> {
    let reply: RtspReply;
    for (let tries = 1; ; tries += 1) {
      const before = this.#challenges;
      const signature = this.#sign(method, uri);
      reply = await this.#exchange(method, uri, [...headers, ...signature]);
      if (reply.status !== 401 || tries === mostTries) break;
      const challenges = parseChallenges(headerValues(reply.headers, 'www-authenticate'));
      // An answer to the same challenge again would be as wrong, and cameras lock accounts.
      const isFresh =
        signature.length === 0 || (tries === 1 ? isNewChallenge(before, challenges) : isStale(challenges));
      this.#challenges = challenges;
      this.#signatures = 0;
      if (!isFresh || this.#credentials === null || challenges.length === 0) break;
    }
    for (const challenges of reply.status === 401 && this.signsIn ? otherReadings(this.#challenges) : []) {
      this.#challenges = challenges;
      this.#signatures = 0;
      reply = await this.#exchange(method, uri, [...headers, ...this.#sign(method, uri)]);
      if (reply.status !== 401) break;
    }
    if (reply.status >= 300 && reply.status < 400) throw this.#redirect(reply.headers);
    return reply;
  }

  /** Sends a request whose reply does not matter. */
  tell(method: string, uri: string): void {
    void this.ask(method, uri).catch(() => undefined);
  }

  /** Sends a media packet, with its header of four bytes; drops it if the camera does not read earlier data. */
  send(bytes: Buffer): void {
    if (this.#socket.writable && this.#socket.writableLength < cameraLimits.unreadAnswers) this.#socket.write(bytes);
  }

  #exchange(method: string, uri: string, headers: readonly RtspHeader[]): Promise<RtspReply> {
    const { promise, resolve, reject } = Promise.withResolvers<RtspReply>();
    const number = (this.#number += 1);
    const timer = setTimeout(() => settle(explainSilence()), replyLimit);
    const settle = (answer: RtspReply | PortholeError): void => {
      clearTimeout(timer);
      this.#pending = this.#pending.filter((each) => each.number !== number);
      if (answer instanceof PortholeError) reject(answer);
      else resolve(answer);
    };
    this.#pending.push({ number, settle });
    const session: RtspHeader[] = this.session === null ? [] : [['Session', this.session]];
    const all: RtspHeader[] = [['CSeq', String(number)], ...headers, ...session, ['User-Agent', 'Porthole']];
    if (this.#socket.writable) this.#socket.write(writeRtsp(`${method} ${uri} RTSP/1.0`, all));
    else settle(explainHangUp());
    return promise;
  }

  #sign(method: string, uri: string): RtspHeader[] {
    if (this.#credentials === null || this.#challenges.length === 0) return [];
    this.#signatures += 1;
    const value = authorization({
      ...this.#credentials,
      challenges: this.#challenges,
      method,
      uri,
      cnonce: this.#cnonce,
      nonceCount: this.#signatures,
    });
    return value === null ? [] : [['Authorization', value]];
  }

  #take(bytes: Buffer): void {
    try {
      this.#read(bytes);
    } catch (error) {
      this.#fail(asPortholeError(error));
    }
  }

  #read(bytes: Buffer): void {
    for (const item of this.#reader.push(bytes)) {
      if (item.kind === 'packet' || item.kind === 'stray') this.#events.packet(item.channel, item.bytes);
      else if (item.kind === 'reply') this.#reply(item);
      else if (item.kind === 'request') this.#answer(item);
      else if (item.kind === 'other') this.#fail(explainOther(item.start, this.#url));
    }
  }

  /** Replies come in the order of the requests. Some cameras write another number, or none. */
  #reply(reply: RtspReply): void {
    const number = Number.parseInt(headerValue(reply.headers, 'cseq') ?? '', 10);
    const pending = this.#pending.find((each) => each.number === number) ?? this.#pending[0];
    pending?.settle(reply);
  }

  /** Cameras may ask too, most often whether we are still there. */
  #answer(request: RtspRequest): void {
    if (request.method === 'REDIRECT') {
      this.#fail(this.#redirect(request.headers));
      return;
    }
    const number = headerValue(request.headers, 'cseq');
    this.send(writeRtsp('RTSP/1.0 200 OK', number === undefined ? [] : [['CSeq', number]]));
  }

  #redirect(headers: readonly RtspHeader[]): PortholeError {
    const location = headerValue(headers, 'location');
    this.#events.redirected(location);
    return explainRedirect(location);
  }

  #fail(error: PortholeError): void {
    this.#settleAll(error);
    this.#events.failed(error);
  }

  #settleAll(error: PortholeError): void {
    for (const { settle } of [...this.#pending]) settle(error);
  }
}

function isStale(challenges: readonly Challenge[]): boolean {
  return challenges.some(({ parameters }) => parameters.get('stale')?.toLowerCase() === 'true');
}

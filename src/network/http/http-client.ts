import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { PortholeError } from '../../domain/errors.ts';
import { authorization, credentialsOf, isNewChallenge } from '../../formats/http-auth/authorization.ts';
import { parseChallenges, type Challenge } from '../../formats/http-auth/challenges.ts';
import { ReplyReader } from '../../formats/http-reply/reply-reader.ts';
import type { Sentence } from '../../messages/sentence.ts';
import { httpAnswers } from '../../text/http-answers.ts';
import { Cookies } from './cookies.ts';
import { explainReply, isRecognisable } from './http-problems.ts';
import { followRedirect, mostRedirects } from './redirect.ts';
import { type CameraAddress, reach } from '../reach.ts';

/** A reply whose body is being received. */
export interface HttpReply {
  /** The content type; empty without one. */
  readonly type: string;
  /** The first bytes of the body, enough to recognise it. They are part of {@link body} too. */
  readonly start: Buffer;
  /** The body, to its end or to the end of the connection. */
  readonly body: AsyncIterable<Buffer>;
  /**
   * Hands the connection over, from which the whole reply can be read, its head included. `body` is not to be used then.
   *
   * @returns null if the connection has ended
   */
  detach(): Socket | null;
  /** Closes the connection. Idempotent. */
  close(): void;
}

/** A reply as far as it has arrived. */
interface Arrived {
  readonly reply: ReplyReader;
  readonly socket: Socket;
  /** Its bytes. */
  readonly raw: Buffer[];
  /** What they contain of the body. */
  readonly pieces: Buffer[];
}

/** How many times a request is signed before the name and password count as wrong. The first nonce may be too old. */
const mostSigned = 2;

/**
 * Sends GET requests to one camera, at the addresses that were checked. It accepts replies that Node.js's and FFmpeg's
 * HTTP parsers reject, signs in with every kind of Digest, and follows redirects to other paths of the same host.
 */
export class HttpClient {
  #target: CameraAddress;
  readonly #credentials: ReturnType<typeof credentialsOf>;
  readonly #cnonce = randomBytes(16).toString('hex');
  readonly #cookies = new Cookies();
  #challenges: readonly Challenge[] = [];
  #nonceCount = 0;
  readonly #abort = new AbortController();
  #socket: Socket | null = null;

  constructor(target: CameraAddress) {
    this.#target = target;
    this.#credentials = credentialsOf(target.url);
  }

  /**
   * Requests the camera's address.
   *
   * @throws {PortholeError} why there is no body: `source_unauthorized`, `source_redirected`, `source_full`, …
   */
  async get(): Promise<HttpReply> {
    for (let [signed, redirects] = [0, 0]; ;) {
      const signature = this.sign();
      const arrived = await this.#send(signature);
      const { reply, socket } = arrived;
      const status = reply.head?.status;
      // Some cameras forbid what they should ask for.
      const asksForLogin = status === 401 || (status === 403 && signature === null && this.#credentials !== null);
      if (!asksForLogin) {
        const problem = explainReply(reply, this.#target.url);
        if (problem !== null) {
          socket.destroy();
          if (redirects === mostRedirects.http || !this.#follow(problem, reply)) throw problem;
          redirects += 1;
          continue;
        }
        return await startOf(arrived);
      }
      socket.destroy();
      this.#accept(parseChallenges(reply.values('www-authenticate')), signature, signed);
      signed += 1;
    }
  }

  /** The `Authorization` header for the next request; null while the camera has asked for none. */
  sign(): string | null {
    if (this.#credentials === null || this.#challenges.length === 0) return null;
    this.#nonceCount += 1;
    return authorization({
      ...this.#credentials,
      challenges: this.#challenges,
      method: 'GET',
      uri: requestTarget(this.#target.url),
      cnonce: this.#cnonce,
      nonceCount: this.#nonceCount,
    });
  }

  /** The address of the last request. */
  get url(): string {
    return this.#target.url;
  }

  /** Closes the connection, and makes pending requests fail. Idempotent. */
  close(): void {
    this.#abort.abort();
    this.#socket?.destroy();
  }

  /** Takes the address to which a reply redirects. @returns false if it does not, or must not be followed */
  #follow(problem: PortholeError, reply: ReplyReader): boolean {
    if (problem.code !== 'source_redirected') return false;
    const isNews = this.#cookies.take(reply.values('set-cookie'));
    const url = followRedirect(this.url, reply.values('location')[0], isNews);
    if (url !== null) this.#target = { ...this.#target, url };
    return url !== null;
  }

  /** Takes the challenges of a camera that has rejected a request. @throws {PortholeError} if there is no point */
  #accept(challenges: readonly Challenge[], signature: string | null, signed: number): void {
    if (this.#credentials === null) throw unauthorized(httpAnswers.loginMissing);
    const isWrong = signature !== null && (signed >= mostSigned || !isNewChallenge(this.#challenges, challenges));
    if (isWrong) throw unauthorized(httpAnswers.loginWrong);
    this.#challenges = challenges.length > 0 ? challenges : [{ scheme: 'basic', parameters: new Map() }];
    this.#nonceCount = 0;
    if (this.sign() === null) throw unauthorized(httpAnswers.loginUnknown);
    this.#nonceCount = 0;
  }

  /** Sends a request and reads the head of the reply. */
  async #send(signature: string | null): Promise<Arrived> {
    const { signal } = this.#abort;
    const socket = await reach(this.#target, { signal });
    this.#socket = socket;
    if (signal.aborted) socket.destroy();
    socket.on('error', () => undefined); // reading fails too
    socket.setNoDelay(true);
    const { url } = this.#target;
    const cookie = this.#cookies.header;
    const lines = [
      `GET ${requestTarget(url)} HTTP/1.1`,
      `Host: ${new URL(url).host}`,
      'User-Agent: Porthole',
      'Accept: */*',
      'Connection: close',
      ...(signature === null ? [] : [`Authorization: ${signature}`]),
      ...(cookie === null ? [] : [`Cookie: ${cookie}`]),
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    const reply = new ReplyReader();
    const raw: Buffer[] = [];
    const pieces: Buffer[] = [];
    while (reply.head === null) {
      const bytes = await nextOf(socket);
      if (bytes !== null) raw.push(bytes);
      pieces.push(...(bytes === null ? reply.end() : reply.push(bytes)));
      if (bytes === null) break;
    }
    if (reply.head === null) throw new PortholeError('source_ended', { message: httpAnswers.empty });
    return { reply, socket, raw, pieces };
  }
}

/** Waits until the start of the body can be recognised. */
async function startOf({ reply, socket, raw, pieces }: Arrived): Promise<HttpReply> {
  const type = reply.values('content-type')[0] ?? '';
  let start = Buffer.concat(pieces);
  while (!isRecognisable(start, type) && !reply.ended) {
    const bytes = await nextOf(socket);
    if (bytes === null) break;
    raw.push(bytes);
    pieces.push(...reply.push(bytes));
    start = Buffer.concat(pieces);
  }
  return {
    type,
    start,
    body: bodyOf(reply, pieces, socket),
    detach: () => {
      if (socket.readableEnded || socket.destroyed) return null;
      socket.unshift(Buffer.concat(raw));
      return socket;
    },
    close: () => socket.destroy(),
  };
}

async function* bodyOf(reply: ReplyReader, pieces: readonly Buffer[], socket: Socket): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
    while (!reply.ended) {
      const bytes = await nextOf(socket);
      if (bytes === null) return;
      yield* reply.push(bytes);
    }
  } finally {
    socket.destroy();
  }
}

/** The next bytes of a connection; null at its end, however it ended. */
async function nextOf(socket: Socket): Promise<Buffer | null> {
  for (;;) {
    const bytes = socket.read() as Buffer | null;
    if (bytes !== null) return bytes;
    if (socket.readableEnded || socket.destroyed) return null;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ['readable', 'end', 'close']) socket.off(event, done);
        resolve();
      };
      for (const event of ['readable', 'end', 'close']) socket.once(event, done);
    });
  }
}

/** The request target in the request line, as written in the URL. */
function requestTarget(url: string): string {
  const written = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1] ?? '';
  const path = written.startsWith('/') ? written : `/${written}`;
  return path.replaceAll(/[^\x21-\x7e]+/g, encodeURIComponent);
}

function unauthorized(message: Sentence): PortholeError {
  return new PortholeError('source_unauthorized', { message });
}

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { asPortholeError, PortholeError } from '../../domain/errors.ts';
import { readDescription, type DescribedTrack, type Description } from '../../formats/rtsp/description.ts';
import {
  headerValue,
  writeRtsp,
  type RtspHeader,
  type RtspReply,
  type RtspRequest,
} from '../../formats/rtsp/rtsp-message.ts';
import { RtspReader } from '../../formats/rtsp/rtsp-reader.ts';
import { FrameEnds } from './frame-ends.ts';
import { RtspCamera } from './rtsp-camera.ts';
import { explainStatus } from './rtsp-problems.ts';
import { UdpTrack } from './udp-track.ts';

/** How long a session lasts without a sign of life unless the camera says otherwise, in seconds (RFC 2326, 12.37). */
const defaultSession = 60;
/** FFmpeg's session. It never expires, because the relay keeps the camera's alive. */
const localSession = '1;timeout=1000000';
/** What FFmpeg may ask. */
const localMethods = 'OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN';
/** Refusals of interleaved media, after which UDP is tried. */
const needsUdp: ReadonlySet<number> = new Set([406, 461]);
/** Refusals of a URL, after which the next spelling is tried. */
const otherUrl: ReadonlySet<number> = new Set([400, 404, 451, 454, 457, 459, 460]);
/** Over UDP, where nothing slows the camera down, media are dropped while this much waits for FFmpeg, in bytes. */
const mostWaiting = 16 * 1024 * 1024;

/** A track that was set up. FFmpeg has the channels `2 × index` for RTP and the next one for RTCP. */
interface Track extends DescribedTrack {
  readonly url: string;
  /** The camera's channel for RTP; null over UDP. */
  readonly channel: number | null;
  readonly udp: UdpTrack | null;
  readonly ends: FrameEnds | null;
}

/** Options of {@link RtspRelay}. */
export interface RtspRelayOptions {
  /** The camera's URL, as configured. */
  readonly url: string;
  /** The relay's URL for FFmpeg, without a path. */
  readonly localUrl: string;
  /** False to leave audio out of the description. */
  readonly audio: boolean;
  /** Called if the camera refuses the stream, perhaps only because of its audio. */
  readonly audioRefused: () => void;
  /** Called once, with the reason, when it can't go on. Both sockets are closed then. */
  readonly failed: (error: PortholeError) => void;
}

/**
 * Stands between FFmpeg and an RTSP camera. To FFmpeg it is a plain server that needs no sign-in and sends over TCP; of
 * the camera's replies FFmpeg sees nothing but the description, in which the relay replaces every URL. To the camera it
 * is a client that accepts what cameras do: odd URLs and numbers, requests, UDP alone.
 */
export class RtspRelay implements Disposable {
  readonly #client: Socket;
  readonly #socket: Socket;
  readonly #options: RtspRelayOptions;
  readonly #camera: RtspCamera;
  readonly #reader = new RtspReader();
  readonly #tracks = new Map<number, Track>();
  #description: Description | null = null;
  /** Requests of FFmpeg are answered one after another. */
  #queue: Promise<void> = Promise.resolve();
  /** Media that arrived before PLAY was answered; null while they pass at once. */
  #held: Buffer[] | null = [];
  #keepAlive: { method: 'GET_PARAMETER' | 'OPTIONS'; timer?: NodeJS.Timeout } = { method: 'OPTIONS' };
  #failed = false;

  constructor(client: Socket, camera: Socket, options: RtspRelayOptions) {
    this.#client = client;
    this.#socket = camera;
    this.#options = options;
    this.#camera = new RtspCamera(camera, options.url, {
      packet: (channel, bytes) => this.#packet(channel, bytes),
      failed: (error) => this.#fail(error),
    });
    client.on('data', (bytes: Buffer) => this.#takeRequests(bytes));
    client.on('drain', () => camera.resume());
    client.once('close', () => this.#leave());
    camera.once('close', () => {
      this[Symbol.dispose]();
      client.end();
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#keepAlive.timer);
    for (const { udp, ends } of this.#tracks.values()) {
      udp?.[Symbol.dispose]();
      ends?.[Symbol.dispose]();
    }
    this.#tracks.clear();
  }

  #takeRequests(bytes: Buffer): void {
    for (const item of this.#reader.push(bytes)) {
      if (item.kind === 'request') {
        this.#queue = this.#queue
          .then(() => this.#handle(item))
          .catch((error: unknown) => this.#fail(asPortholeError(error)));
      } else if (item.kind === 'packet') this.#sendReport(item.channel, item.bytes);
    }
  }

  async #handle(request: RtspRequest): Promise<void> {
    if (this.#client.destroyed) return;
    const { headers = [], body } = await this.#answer(request);
    const number: RtspHeader = ['CSeq', headerValue(request.headers, 'cseq') ?? '0'];
    this.#client.write(writeRtsp('RTSP/1.0 200 OK', [number, ...headers], body));
    if (request.method === 'PLAY') this.#release();
  }

  async #answer({ method, uri }: RtspRequest): Promise<{ headers?: RtspHeader[]; body?: Buffer<ArrayBuffer> }> {
    switch (method) {
      case 'OPTIONS':
        await this.#greet();
        return { headers: [['Public', localMethods]] };
      case 'DESCRIBE':
        return { headers: [['Content-Type', 'application/sdp']], body: await this.#describe() };
      case 'SETUP': {
        const index = Number(/\/(\d+)$/.exec(uri)?.[1] ?? -1);
        await this.#setUp(index);
        const channels = `${2 * index}-${2 * index + 1}`;
        const transport = `RTP/AVP/TCP;unicast;interleaved=${channels}`;
        return {
          headers: [
            ['Transport', transport],
            ['Session', localSession],
          ],
        };
      }
      case 'PLAY':
        await this.#play();
        return { headers: [['Session', localSession]] };
      default:
        return {};
    }
  }

  /** Learns what keeps the session alive. Cameras need not know OPTIONS. */
  async #greet(): Promise<void> {
    const { headers } = await this.#camera.ask('OPTIONS', this.#camera.target);
    if (/\bGET_PARAMETER\b/i.test(headerValue(headers, 'public') ?? '')) this.#keepAlive = { method: 'GET_PARAMETER' };
  }

  async #describe(): Promise<Buffer<ArrayBuffer>> {
    const { localUrl } = this.#options;
    const { target } = this.#camera;
    const reply = this.#demand(await this.#camera.ask('DESCRIBE', target, [['Accept', 'application/sdp']]));
    const base = headerValue(reply.headers, 'content-base') ?? headerValue(reply.headers, 'content-location');
    this.#description = readDescription(reply.body.toString('latin1'), {
      url: target,
      base,
      localUrl,
      audio: this.#options.audio,
    });
    if (!this.#description.tracks.some(({ type }) => type === 'video')) {
      throw new PortholeError('source_not_video', {
        detail: 'no video in the description',
      });
    }
    return Buffer.from(this.#description.text, 'latin1');
  }

  async #setUp(index: number): Promise<void> {
    const described = this.#description?.tracks[index];
    if (described === undefined) throw new PortholeError('internal');
    const asked = `RTP/AVP/TCP;unicast;interleaved=${2 * index}-${2 * index + 1}`;
    const { url, reply } = await this.#askAny('SETUP', described.urls, [['Transport', asked]]);
    const isRefused = needsUdp.has(reply.status) && !(this.#socket instanceof TLSSocket);
    if (isRefused) return this.#setUpUdp(index, described, url);
    this.#demand(reply, described.type === 'audio');
    const transport = headerValue(reply.headers, 'transport') ?? '';
    const channel = Number(/interleaved\s*=\s*(\d+)/i.exec(transport)?.[1] ?? 2 * index);
    this.#addTrack(index, { ...described, url, channel, udp: null }, reply);
    this.#camera.listen([channel, channel + 1]);
    return undefined;
  }

  /** Receives a track over UDP, and passes it to FFmpeg like interleaved media. */
  async #setUpUdp(index: number, described: DescribedTrack, url: string): Promise<void> {
    const { remoteAddress: camera = '', localAddress: local = '' } = this.#socket;
    const take = (packet: Buffer, kind: 'rtp' | 'rtcp'): void => {
      if (this.#client.writableLength < mostWaiting)
        this.#deliver(index, kind === 'rtp' ? 0 : 1, interleaved(0, packet));
    };
    const udp = await UdpTrack.open({ camera, local, take });
    const asked = `RTP/AVP;unicast;client_port=${udp.port}-${udp.port + 1}`;
    const reply = await this.#camera.ask('SETUP', url, [['Transport', asked]]);
    if (reply.status >= 300) udp[Symbol.dispose]();
    this.#demand(reply, described.type === 'audio');
    this.#addTrack(index, { ...described, url, channel: null, udp }, reply);
    udp.connect(Number(/server_port\s*=\s*(\d+)/i.exec(headerValue(reply.headers, 'transport') ?? '')?.[1] ?? 0));
  }

  #addTrack(index: number, track: Omit<Track, 'ends'>, { headers }: RtspReply): void {
    const [, session, timeout] =
      /^([^;]*)(?:;\s*timeout\s*=\s*(\d+))?/i.exec(headerValue(headers, 'session') ?? '') ?? [];
    this.#camera.session ??= session?.trim() || null;
    const lasts = Math.min(Math.max(Number(timeout ?? defaultSession), 2), defaultSession);
    clearInterval(this.#keepAlive.timer);
    this.#keepAlive.timer = setInterval(() => this.#stayAlive(), (lasts * 1_000) / 2);
    const ends =
      track.type === 'video'
        ? new FrameEnds(track.encoding, (rtp) => this.#write(index, 0, interleaved(0, rtp)))
        : null;
    this.#tracks.set(index, { ...track, ends });
    this.#reader.channels.add(2 * index).add(2 * index + 1);
  }

  /** Starts the whole stream, or each track alone if the camera wants that. */
  async #play(): Promise<void> {
    const range: RtspHeader[] = [['Range', 'npt=0.000-']];
    const { reply } = await this.#askAny('PLAY', this.#description?.urls ?? [], range);
    const withAudio = this.#tracks.size > 1;
    if (reply.status < 300 || !otherUrl.has(reply.status)) {
      this.#demand(reply, withAudio);
      return;
    }
    for (const { url } of this.#tracks.values()) this.#demand(await this.#camera.ask('PLAY', url, range), withAudio);
  }

  /** Asks for the first of several URLs that the camera does not reject as such. */
  async #askAny(
    method: string,
    urls: readonly string[],
    headers: readonly RtspHeader[],
  ): Promise<{ readonly url: string; readonly reply: RtspReply }> {
    let first: { url: string; reply: RtspReply } | null = null;
    for (const url of urls) {
      const reply = await this.#camera.ask(method, url, headers);
      if (!otherUrl.has(reply.status)) return { url, reply };
      first ??= { url, reply };
    }
    if (first === null) throw new PortholeError('internal');
    return first;
  }

  #demand(reply: RtspReply, withAudio = false): RtspReply {
    if (reply.status < 300) return reply;
    if (withAudio) this.#options.audioRefused();
    throw explainStatus(reply.status, reply.reason, { url: this.#options.url, signsIn: this.#camera.signsIn });
  }

  /** Keeps the session alive. The camera's answer decides how, next time. */
  #stayAlive(): void {
    const { method } = this.#keepAlive;
    this.#camera.ask(method, this.#description?.urls[0] ?? this.#camera.target).then(
      ({ status }) => {
        if (status >= 400) this.#keepAlive.method = 'OPTIONS';
      },
      () => undefined,
    );
  }

  #packet(channel: number, bytes: Buffer): void {
    for (const [index, track] of this.#tracks) {
      if (track.channel === null || (channel !== track.channel && channel !== track.channel + 1)) continue;
      this.#deliver(index, channel === track.channel ? 0 : 1, bytes);
      return;
    }
  }

  /** Passes a media packet to FFmpeg. `part` is 0 for RTP, and 1 for RTCP. */
  #deliver(index: number, part: 0 | 1, bytes: Buffer): void {
    if (!this.#write(index, part, bytes)) this.#socket.pause();
    if (part === 0) this.#tracks.get(index)?.ends?.packet(bytes.subarray(4));
  }

  /** @returns false if FFmpeg reads more slowly than the camera sends */
  #write(index: number, part: 0 | 1, bytes: Buffer): boolean {
    bytes[1] = 2 * index + part;
    if (this.#held !== null) {
      this.#held.push(bytes);
      return true;
    }
    return this.#client.destroyed || this.#client.write(bytes);
  }

  /** Passes on what came before PLAY was answered: it may hold the only keyframe for a long time. */
  #release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    if (held.length > 0 && !this.#client.write(Buffer.concat(held))) this.#socket.pause();
  }

  /** Passes FFmpeg's receiver reports to the camera. */
  #sendReport(channel: number, bytes: Buffer): void {
    const track = this.#tracks.get(channel >> 1);
    if (track === undefined) return;
    if (track.channel === null) {
      if (channel % 2 === 1) track.udp?.send(bytes.subarray(4));
      return;
    }
    const report = Buffer.from(bytes);
    report[1] = track.channel + (channel % 2);
    this.#camera.send(report);
  }

  /** FFmpeg has gone: ends the session, so that the camera can serve somebody else. */
  #leave(): void {
    if (this.#camera.session !== null && this.#socket.writable) {
      this.#camera.tell('TEARDOWN', this.#description?.urls[0] ?? this.#camera.target);
      this.#socket.end();
      setTimeout(() => this.#socket.destroy(), 200).unref();
    } else this.#socket.destroy();
    this[Symbol.dispose]();
  }

  #fail(error: PortholeError): void {
    if (this.#failed || this.#client.destroyed) return;
    this.#failed = true;
    this.#options.failed(error);
    this.#client.destroy();
  }
}

function interleaved(channel: number, packet: Buffer): Buffer {
  const header = Buffer.from([0x24, channel, packet.length >> 8, packet.length & 0xff]);
  return Buffer.concat([header, packet]);
}

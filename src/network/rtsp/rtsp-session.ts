import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { PortholeError } from '../../domain/errors.ts';
import { readDescription, type DescribedTrack, type Description } from '../../formats/rtsp/description.ts';
import { headerValue, type RtspHeader, type RtspReply } from '../../formats/rtsp/rtsp-message.ts';
import { readSession, readTransport } from '../../formats/rtsp/transport.ts';
import type { CameraQuirks } from './camera-quirks.ts';
import { KeepAlive } from './keep-alive.ts';
import type { SocketReader } from '../socket-reader.ts';
import { RtspCamera, type Charge } from './rtsp-camera.ts';
import { explainStatus } from './rtsp-problems.ts';
import { RtspTrack, trackOf, type RtspTrackOptions } from './rtsp-track.ts';
import { UdpTrack } from './udp-track.ts';

/** How long a session lasts without a sign of life unless the camera says otherwise, in seconds (RFC 2326, 12.37). */
const defaultSession = 60;
/** How long media flow before a PLAY without reply counts as answered, in milliseconds. */
const unansweredPlay = 1_000;
/** Refusals of TCP or UDP, after which the other one is tried. */
const otherTransport: ReadonlySet<number> = new Set([406, 461]);
/** Refusals of a URL, after which the next spelling is tried. */
const otherUrl: ReadonlySet<number> = new Set([400, 404, 451, 454, 457, 459, 460]);

/** Options of {@link RtspSession}. */
export interface RtspSessionOptions {
  /** Facts known about the camera. The session adds what it learns. */
  readonly quirks: CameraQuirks;
  /** The URL that the tracks get in {@link Description.text}. */
  readonly localUrl: string;
  /**
   * Receives a media packet of a track, with four bytes before it. `part` is 0 for RTP, and 1 for RTCP.
   *
   * @returns false if the camera should pause
   */
  readonly media: (index: number, part: 0 | 1, bytes: Buffer) => boolean;
  /** Reads what arrives; at once if left out. */
  readonly charge?: Charge;
  /** Reads the socket, where that is not left to its stream. */
  readonly reader?: SocketReader;
  /** True while there is room for packets over UDP, where nothing slows the camera down. */
  readonly hasRoom: () => boolean;
  /** Called if the camera has closed the connection or ended the stream. */
  readonly ended: () => void;
  /** Called with the reason if it can't go on. */
  readonly failed: (error: PortholeError) => void;
}

/** A session with an RTSP camera, which accepts what cameras do: odd URLs and numbers, UDP alone, no reply to PLAY. */
export class RtspSession implements Disposable {
  readonly #socket: Socket;
  readonly #options: RtspSessionOptions;
  readonly #camera: RtspCamera;
  readonly #tracks = new Map<number, RtspTrack>();
  /** The track of each channel that has only one: most packets need no search. */
  readonly #byChannel = new Map<number, RtspTrack>();
  readonly #keepAlive: KeepAlive;
  #description: Description | null = null;
  /** Resolves once media have flowed for a while. */
  readonly #flowing = Promise.withResolvers<void>();
  #flowingTimer: NodeJS.Timeout | undefined;
  #hasLeft = false;
  #refusesUdp = false;

  constructor(socket: Socket, options: RtspSessionOptions) {
    this.#socket = socket;
    this.#options = options;
    const { quirks, failed } = options;
    const camera = {
      packet: (channel: number, bytes: Buffer) => this.#packet(channel, bytes),
      redirected: (location: string | undefined) => quirks.redirect(location),
      failed,
    };
    this.#camera = new RtspCamera(socket, quirks.url, camera, options);
    this.#keepAlive = new KeepAlive((method) => this.#camera.ask(method, this.#streamUrl), quirks.hangsUpAt);
    socket.once('close', () => {
      const { culprit } = this.#keepAlive;
      if (culprit !== null && !this.#hasLeft) quirks.hangUp(culprit);
      this[Symbol.dispose]();
      options.ended();
    });
  }

  [Symbol.dispose](): void {
    this.#keepAlive[Symbol.dispose]();
    clearTimeout(this.#flowingTimer);
    for (const track of this.#tracks.values()) track[Symbol.dispose]();
    this.#tracks.clear();
    this.#byChannel.clear();
  }

  /** Learns what keeps the session alive. Cameras need not know OPTIONS. */
  async greet(): Promise<void> {
    const { headers } = await this.#camera.ask('OPTIONS', this.#camera.target);
    this.#keepAlive.offered(headerValue(headers, 'public') ?? '');
  }

  /** Asks for the description. */
  async describe(): Promise<Description> {
    const { quirks, localUrl } = this.#options;
    const { target } = this.#camera;
    const reply = this.#demand(await this.#camera.ask('DESCRIBE', target, [['Accept', 'application/sdp']]));
    const base = headerValue(reply.headers, 'content-base') ?? headerValue(reply.headers, 'content-location');
    this.#description = readDescription(reply.body.toString('latin1'), {
      url: target,
      base,
      localUrl,
      audio: !quirks.refusesAudio,
    });
    if (!this.#description.tracks.some(({ type }) => type === 'video')) {
      throw new PortholeError('source_not_video', {
        detail: 'no video in the description',
      });
    }
    return this.#description;
  }

  /** Sets a track up over TCP, or over UDP if the URL wants that. If the camera refuses one, the other is tried. */
  async setUp(index: number): Promise<void> {
    const described = this.#description?.tracks[index];
    if (described === undefined) throw new PortholeError('internal');
    const isAudio = described.type === 'audio';
    if (this.#mayUdp && this.#options.quirks.wantsUdp) {
      const reply = await this.#setUpUdp(index, described, described.urls);
      if (!otherTransport.has(reply.status)) {
        this.#demand(reply, isAudio);
        return;
      }
      this.#refusesUdp = true;
    }
    const asked = `RTP/AVP/TCP;unicast;interleaved=${2 * index}-${2 * index + 1}`;
    const { url, reply } = await this.#askAny('SETUP', described.urls, [['Transport', asked]]);
    if (this.#mayUdp && otherTransport.has(reply.status)) {
      this.#demand(await this.#setUpUdp(index, described, [url]), isAudio);
      return;
    }
    this.#demand(reply, isAudio);
    this.#join(reply);
    const { channels, isUdp } = readTransport(headerValue(reply.headers, 'transport'));
    if (isUdp) this.#demand(await this.#setUpUdp(index, described, [url]), isAudio);
    else this.#addTrack(index, described, { url, channels, udp: null });
  }

  /** Nothing is sent next to an encrypted connection. */
  get #mayUdp(): boolean {
    return !(this.#socket instanceof TLSSocket) && !this.#refusesUdp;
  }

  /** Receives a track over UDP, and passes it on like interleaved media, unless the camera's reply refuses that. */
  async #setUpUdp(index: number, described: DescribedTrack, urls: readonly string[]): Promise<RtspReply> {
    const { remoteAddress: camera = '', localAddress: local = '' } = this.#socket;
    const { charge, hasRoom } = this.#options;
    const take = (packet: Buffer): void => this.#tracks.get(index)?.takeDatagram(packet);
    using unused = new DisposableStack();
    const ports = UdpTrack.open({
      camera,
      local,
      take: (packet) => {
        if (!hasRoom()) return;
        if (charge === undefined) take(packet);
        else charge(take, packet);
      },
    });
    const udp = unused.use(await ports);
    const asked = `RTP/AVP;unicast;client_port=${udp.port}-${udp.port + 1}`;
    const { url, reply } = await this.#askAny('SETUP', urls, [['Transport', asked]]);
    if (reply.status >= 300) return reply;
    this.#join(reply);
    const { channels, serverPort } = readTransport(headerValue(reply.headers, 'transport'));
    // Some cameras send interleaved media all the same.
    this.#addTrack(index, described, { url, channels, udp });
    unused.move();
    udp.connect(serverPort ?? 0);
    return reply;
  }

  /** Notes the session that the camera has opened or confirmed, and keeps it alive. */
  #join({ headers }: RtspReply): void {
    const { id, timeout } = readSession(headerValue(headers, 'session'));
    this.#camera.session ??= id;
    this.#keepAlive.start(Math.min(Math.max(timeout ?? defaultSession, 2), defaultSession));
  }

  #addTrack(
    index: number,
    described: DescribedTrack,
    { url, channels, udp }: Pick<RtspTrackOptions, 'url' | 'channels' | 'udp'>,
  ): void {
    const used = channels.length > 0 ? channels : [2 * index];
    const track = new RtspTrack(described, {
      url,
      channels: used.length > 1 ? used : [...used, (used[0] as number) + 1],
      udp,
      write: (part, bytes) => {
        if (!this.#options.media(index, part, bytes)) this.#socket.pause();
      },
      heard: () => {
        this.#flowingTimer ??= setTimeout(() => this.#flowing.resolve(), unansweredPlay);
      },
      ended: this.#options.ended,
    });
    this.#tracks.set(index, track);
    this.#byChannel.clear();
    this.#camera.listen([...track.channels]);
  }

  /** Starts the stream. Some cameras send it without a reply. */
  async play(): Promise<void> {
    const answered = this.#askToPlay();
    answered.catch(() => undefined);
    await Promise.race([answered, this.#flowing.promise]);
  }

  /** Asks for the whole stream, or for each track alone if the camera wants that. */
  async #askToPlay(): Promise<void> {
    const range: RtspHeader[] = [['Range', 'npt=0.000-']];
    const { reply } = await this.#askAny('PLAY', this.#description?.urls ?? [], range);
    const withAudio = this.#tracks.size > 1;
    if (reply.status < 300 || !otherUrl.has(reply.status)) {
      this.#demand(reply, withAudio);
      return;
    }
    for (const { url } of this.#tracks.values()) this.#demand(await this.#camera.ask('PLAY', url, range), withAudio);
  }

  /** The URL of requests for the whole stream. */
  get #streamUrl(): string {
    return this.#description?.urls[0] ?? this.#camera.target;
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
    const { quirks } = this.#options;
    if (withAudio) quirks.refusesAudio = true;
    throw explainStatus(reply.status, reply.reason, { url: quirks.url, signsIn: this.#camera.signsIn });
  }

  #packet(channel: number, bytes: Buffer): void {
    const known = this.#byChannel.get(channel);
    if (known !== undefined) {
      known.takeInterleaved(bytes);
      return;
    }
    const tracks = [...this.#tracks.values()];
    const track = trackOf(tracks, channel, bytes);
    if (track === null) return;
    this.#camera.listen([channel]);
    // A track may just have moved to this channel.
    this.#byChannel.clear();
    if (tracks.filter(({ channels }) => channels.has(channel)).length === 1) this.#byChannel.set(channel, track);
    track.takeInterleaved(bytes);
  }

  /** Sends a receiver report of a track. */
  report(index: number, rtcp: Buffer): void {
    const report = this.#tracks.get(index)?.report(rtcp);
    if (report != null) this.#camera.send(report);
  }

  /** Ends the session, so that the camera can serve somebody else, and closes the connection. */
  leave(): void {
    this.#hasLeft = true;
    if (this.#camera.session !== null && this.#socket.writable) {
      this.#camera.tell('TEARDOWN', this.#streamUrl);
      this.#socket.end();
      setTimeout(() => this.#socket.destroy(), 200).unref();
    } else this.#socket.destroy();
    this[Symbol.dispose]();
  }
}

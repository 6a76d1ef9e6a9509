import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { annexB, isKeyframe, nalType, nalUnits } from '../../src/formats/h264/h264.ts';
import { packetize } from '../../src/formats/rtp/h264-payload.ts';
import { longestPacket } from '../../src/formats/rtp/rtp-packet.ts';
import { Random } from './random.ts';

const media = new URL('../odd-cameras/media/', import.meta.url);
/** Frames per second. */
const rate = 25;
/** Frames after which a camera ends its stream. */
const mostFrames = 100;
const rtpVideo = 96;

/**
 * An HTTP MJPEG camera and an RTSP camera whose bytes are recordings with mistakes. The path of a request is the seed of
 * the mistakes, so that each can be repeated; the path `/good` makes none.
 */
export class FakeCameras {
  readonly #http: Server;
  readonly #rtsp: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(seed: string, jpegs: readonly Buffer[], video: Buffer) {
    const units = accessUnits(video);
    this.#http = this.#serve((socket) => serveMjpeg(socket, seed, jpegs));
    this.#rtsp = this.#serve((socket) => serveRtsp(socket, seed, units));
  }

  static async start(seed: string): Promise<FakeCameras> {
    const names = ['j420_01', 'j420_02', 'Bexif_01', 'restart_01', 'grey_01', 'progressive_01', 'j422_01', 'Bcmyk_01'];
    const jpegs = await Promise.all(names.map((name) => readFile(new URL(`${name}.jpg`, media))));
    const cameras = new FakeCameras(seed, jpegs, await readFile(new URL('gop4.h264', media)));
    for (const server of [cameras.#http, cameras.#rtsp]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    return cameras;
  }

  /** The address of a camera. */
  url(scheme: 'http' | 'rtsp', path: string): string {
    const { port } = (scheme === 'http' ? this.#http : this.#rtsp).address() as AddressInfo;
    return `${scheme}://127.0.0.1:${port}/${path}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of [this.#http, this.#rtsp]) {
      server.close();
      await once(server, 'close');
    }
  }

  #serve(serve: (socket: Socket) => Promise<void>): Server {
    return createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
      void serve(socket).finally(() => socket.destroy());
    });
  }
}

/** The mistakes of one camera. */
class Mistakes {
  readonly random: Random;
  /** The share of messages that have a mistake. */
  readonly #share: number;

  constructor(seed: string, path: string) {
    this.random = new Random(`${seed}/camera/${path}`);
    this.#share = path === 'good' ? 0 : this.random.pick([0.02, 0.1, 0.5, 1]);
  }

  get made(): boolean {
    return this.random.chance(this.#share);
  }

  in(bytes: Buffer): Buffer {
    return this.made ? this.random.mutate(bytes) : bytes;
  }
}

async function serveMjpeg(socket: Socket, seed: string, jpegs: readonly Buffer[]): Promise<void> {
  const head = (await new Requests(socket).next()) ?? '';
  const path = /^GET \/(\S*)/.exec(head)?.[1] ?? '';
  const mistakes = new Mistakes(seed, path);
  const { random } = mistakes;
  if (random.chance(0.1)) {
    const body = mistakes.in(random.pick(jpegs));
    const length = random.chance(0.8) ? body.length : random.number();
    socket.write(mistakes.in(text(`HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: ${length}\r\n\r\n`)));
    socket.write(body);
    await delay(500);
    return;
  }
  socket.write(
    mistakes.in(
      text('HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=part\r\nServer: cam\r\n\r\n'),
    ),
  );
  for (let frame = 0; frame < mostFrames && !socket.destroyed; frame += 1) {
    const jpeg = jpegMistake(mistakes, jpegs[frame % jpegs.length] as Buffer);
    const length = mistakes.made ? random.number() : jpeg.length;
    socket.write(mistakes.in(text(`--part\r\nContent-Type: image/jpeg\r\nContent-Length: ${length}\r\n\r\n`)));
    socket.write(jpeg);
    socket.write(mistakes.in(text('\r\n')));
    await delay(1_000 / rate);
  }
}

/** Mistakes of JPEGs are in their headers more often than bytes there are. */
function jpegMistake(mistakes: Mistakes, jpeg: Buffer): Buffer {
  if (!mistakes.made) return jpeg;
  const { random } = mistakes;
  const headers = Math.min(jpeg.length, 700);
  if (random.chance(0.6)) return Buffer.concat([random.mutate(jpeg.subarray(0, headers)), jpeg.subarray(headers)]);
  return random.mutate(jpeg, 1 + random.below(30));
}

async function serveRtsp(socket: Socket, seed: string, units: readonly Buffer[]): Promise<void> {
  let mistakes: Mistakes | null = null;
  const requests = new Requests(socket);
  for (let left = 12; left > 0; left -= 1) {
    const head = await requests.next();
    if (head === null) return;
    const [, method = '', path = ''] = /^(\w+) rtsp:\/\/[^/]+\/([^/\s]*)/.exec(head) ?? [];
    mistakes ??= new Mistakes(seed, path);
    const answer = rtspAnswer(method, /^CSeq: *(\d+)/im.exec(head)?.[1] ?? '1', units);
    socket.write(mistakes.made ? text(mistakes.random.mutateLines(answer)) : mistakes.in(text(answer)));
    if (method === 'PLAY') await play(socket, mistakes, units);
    if (method === 'TEARDOWN') return;
  }
}

function rtspAnswer(method: string, sequence: string, units: readonly Buffer[]): string {
  const lines = [`RTSP/1.0 200 OK`, `CSeq: ${sequence}`];
  if (method === 'OPTIONS') lines.push('Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER');
  if (method === 'SETUP')
    lines.push('Transport: RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=00001234', 'Session: 12345678;timeout=60');
  if (method === 'PLAY') lines.push('Session: 12345678', 'RTP-Info: url=trackID=0;seq=1;rtptime=0');
  if (method !== 'DESCRIBE') return `${lines.join('\r\n')}\r\n\r\n`;
  const sets = nalUnits(units[0] as Buffer).filter(({ type }) => type === nalType.sps || type === nalType.pps);
  const body = [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=cam',
    't=0 0',
    'a=control:*',
    `m=video 0 RTP/AVP ${rtpVideo}`,
    'c=IN IP4 0.0.0.0',
    `a=rtpmap:${rtpVideo} H264/90000`,
    `a=fmtp:${rtpVideo} packetization-mode=1;sprop-parameter-sets=${sets.map(({ bytes }) => bytes.toString('base64')).join(',')}`,
    'a=control:trackID=0',
    '',
  ].join('\r\n');
  return [...lines, 'Content-Type: application/sdp', `Content-Length: ${body.length}`, '', body].join('\r\n');
}

async function play(socket: Socket, mistakes: Mistakes, units: readonly Buffer[]): Promise<void> {
  let sequence = 1;
  for (let frame = 0; frame < mostFrames && !socket.destroyed; frame += 1) {
    const unit = units[frame % units.length] as Buffer;
    const content = mistakes.made && mistakes.random.chance(0.3) ? mistakes.random.mutate(unit) : unit;
    const header = {
      payloadType: rtpVideo,
      timestamp: frame * (90_000 / rate),
      ssrc: 0x1234,
      captureId: 0,
      captured: 0n,
    };
    for (const each of packetize(content)) {
      const packet = mistakes.in(each.write(Buffer.alloc(longestPacket), { ...header, sequence: sequence & 0xffff }));
      sequence += 1;
      const channel = mistakes.made && mistakes.random.chance(0.2) ? mistakes.random.below(256) : 0;
      const head = Buffer.from([0x24, channel, packet.length >> 8, packet.length & 0xff]);
      socket.write(mistakes.in(Buffer.concat([head, packet])));
    }
    await delay(1_000 / rate);
  }
}

/** Splits H.264 of one slice per frame into access units. */
function accessUnits(video: Buffer): readonly Buffer[] {
  const units: Buffer[][] = [[]];
  let hasSlice = false;
  for (const { type, bytes } of nalUnits(video)) {
    if (hasSlice) units.push([]);
    hasSlice = type === nalType.slice || type === nalType.idr;
    units.at(-1)?.push(bytes);
  }
  const made = units.filter((each) => each.length > 0).map((each) => annexB(each));
  if (made.length < 5 || !isKeyframe(nalUnits(made[0] as Buffer))) throw new Error('this is no recording of H.264');
  return made;
}

/** The heads of the requests on one connection. */
class Requests {
  #received = '';
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      if (this.#received.length < 100_000) this.#received += chunk.toString('latin1');
      this.#wake();
    });
    socket.once('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** The next head; null if the client went away. */
  async next(): Promise<string | null> {
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n');
      const head = this.#received.slice(0, end);
      if (end !== -1) this.#received = this.#received.slice(end + 4);
      if (end !== -1) return head;
      if (this.#ended) return null;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }
}

function text(lines: string): Buffer {
  return Buffer.from(lines, 'latin1');
}

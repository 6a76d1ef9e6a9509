import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A camera that sends without end what its clients have to keep. */
export interface GreedyCamera extends AsyncDisposable {
  readonly port: number;
  /** The number of requests for each path so far. RTSP clients ask several times per stream. */
  readonly requests: ReadonlyMap<string, number>;
}

/** Bytes without end. */
type Greed = () => Generator<Buffer, void>;

/** The length that it announces, and the most that it sends on one connection, in bytes. */
const greed = 1_500_000_000;
const filling = Buffer.alloc(1_000_000, 0x5a);

/** The headers of a baseline JPEG up to its scan. */
function jpegHead(width: number, height: number): Buffer {
  const head = Buffer.from('ffd8ffc0000b080000000001011100ffda0008010100003f00', 'hex');
  head.writeUInt16BE(height, 7);
  head.writeUInt16BE(width, 9);
  return head;
}

function* forever(...start: readonly Buffer[]): Generator<Buffer, void> {
  yield* start;
  for (;;) yield filling;
}

function replyHead(type: string, more = ''): Buffer {
  return Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n${more}\r\n`);
}

/**
 * Replies without end over HTTP, by path.
 *
 * @param accessUnit the start of an H.264 stream
 */
export function httpGreed(accessUnit: Buffer): Readonly<Record<string, Greed>> {
  const multipart = replyHead('multipart/x-mixed-replace; boundary=part');
  const chunked = replyHead('multipart/x-mixed-replace; boundary=part', 'Transfer-Encoding: chunked\r\n');
  const part = (headers = ''): Buffer => Buffer.from(`--part\r\nContent-Type: image/jpeg\r\n${headers}\r\n`);
  const image = jpegHead(640, 480);
  return {
    '/endless-part': () => forever(multipart, part(), image),
    '/huge-length': () => forever(replyHead('image/jpeg', `Content-Length: ${greed}\r\n`), image),
    '/huge-part-length': () => forever(multipart, part(`Content-Length: ${greed}\r\n`), image),
    '/no-image': () => forever(multipart, part()),
    '/endless-part-head': () => forever(multipart, Buffer.from('--part\r\nX: ')),
    '/endless-head': () => forever(Buffer.from('HTTP/1.1 200 OK\r\nX: ')),
    '/endless-chunk-size': () => forever(chunked, Buffer.from('5;')),
    '/endless-frame-ts': () => transportStream(accessUnit),
  };
}

/**
 * The reply with an MPEG-TS stream (ISO/IEC 13818-1) of H.264.
 *
 * @param accessUnit the start of an access unit without end, or if it `repeats` a whole one of up to 160 bytes
 */
export function* transportStream(accessUnit: Buffer, { repeats = false } = {}): Generator<Buffer, void> {
  yield replyHead('video/mp2t');
  const section = (pid: number, content: string): Buffer => {
    const packet = Buffer.alloc(188, 0xff);
    Buffer.from([0x47, 0x40 | (pid >> 8), pid & 0xff, 0x10, 0]).copy(packet);
    const bytes = Buffer.from(content, 'hex');
    Buffer.concat([bytes, checksum(bytes)]).copy(packet, 5);
    return packet;
  };
  yield section(0, '00b00d0001c100000001f000');
  yield section(0x1000, '02b0120001c10000e100f0001be100f000');
  const pes = Buffer.concat([Buffer.from('000001e000008080052100010001', 'hex'), accessUnit]);
  const packets = Array.from({ length: 16_000 }, (_, index) => {
    const begins = repeats || index === 0;
    const packet = Buffer.alloc(188, repeats ? 0 : 0x5a);
    Buffer.from([0x47, (begins ? 0x40 : 0) | 1, 0, 0x10 | (index & 15)]).copy(packet);
    const at = repeats ? 0 : 184 * index;
    pes.subarray(at, at + 184).copy(packet, 4);
    return packet;
  });
  yield Buffer.concat(packets);
  const more = Buffer.concat(packets.slice(8_000));
  for (;;) yield more;
}

/** The checksum of sections of MPEG-TS (annex A). */
function checksum(bytes: Buffer): Buffer {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 || crc > 0x7fff_ffff ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc >>> 0);
  return sum;
}

const description = [
  'v=0',
  's=greedy',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1',
  'a=control:t0',
  '',
].join('\r\n');

/** What an RTSP camera of each path sends instead of, or after, the reply to a request. */
const rtspGreed: Readonly<
  Record<string, (method: string, reply: (more?: string, body?: string) => Buffer) => Iterable<Buffer>>
> = {
  *'/endless-frame'(method, reply) {
    yield reply('', '');
    if (method === 'PLAY') yield* fragments();
  },
  *'/huge-frames'(method, reply) {
    yield reply();
    if (method === 'PLAY') yield* hugeFrames();
  },
  *'/before-play'(method, reply) {
    if (method === 'PLAY') yield* fragments();
    else yield reply();
  },
  *'/endless-headers'() {
    yield* forever(Buffer.from('RTSP/1.0 200 OK\r\nX: '));
  },
  *'/huge-description'(method, reply) {
    if (method !== 'DESCRIBE') yield reply();
    else yield* forever(reply(`Content-Length: ${greed}\r\n`));
  },
  *'/many-tracks'(method, reply) {
    yield method === 'DESCRIBE' ? reply('', description + 'm=video 0 RTP/AVP 96\r\n'.repeat(10_000)) : reply();
  },
};

/** Interleaved RTP of one H.264 slice without end, in fragments (RFC 6184, section 5.8). */
function* fragments(): Generator<Buffer, void> {
  const packet = Buffer.alloc(4 + 12 + 1_400, 0x5a);
  packet.set([0x24, 0, (packet.length - 4) >> 8, (packet.length - 4) & 0xff, 0x80, 96]);
  for (let number = 0; ;) {
    const some = Array.from({ length: 500 }, () => {
      packet.writeUInt16BE(number & 0xffff, 6);
      packet.writeUInt32BE(9_000, 8);
      packet[16] = 0x7c; // FU-A
      packet[17] = number === 0 ? 0x85 : 0x05; // the start of an IDR slice, then its middle
      number += 1;
      return Buffer.from(packet);
    });
    yield Buffer.concat(some);
  }
}

/** The NAL units of an H.264 keyframe of 16384 × 16384 pixels, or of another multiple of 16 (ITU-T H.264, 7.3.2.1.1). */
export function hugeKeyframe(side = 16_384): readonly Buffer[] {
  const code = (value: number): string => {
    const bits = (value + 1).toString(2);
    return '0'.repeat(bits.length - 1) + bits;
  };
  const bits = `${code(0)}${code(0)}${code(2)}${code(1)}0${code(side / 16 - 1).repeat(2)}11001`;
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g) ?? [];
  const sps = [0x67, 66, 0xc0, 62, ...bytes.map((byte) => parseInt(byte, 2))];
  return [sps, [0x68, 0xce, 0x3c, 0x80], [0x65, 0xb8]].map((unit) => Buffer.from(unit));
}

/** Interleaved RTP of such keyframes, a NAL unit per packet. */
function* hugeFrames(): Generator<Buffer, void> {
  for (let number = 0; ;) {
    for (const unit of hugeKeyframe()) {
      const header = Buffer.from([
        0x24,
        0,
        0,
        12 + unit.length,
        0x80,
        unit[0] === 0x65 ? 0xe0 : 0x60,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        1,
      ]);
      header.writeUInt16BE(number & 0xffff, 6);
      header.writeUInt32BE(Math.floor(number / 3) * 6_000, 8);
      number += 1;
      yield Buffer.concat([header, unit]);
    }
  }
}

/** Starts it on a free port of 127.0.0.1. It serves `replies` over HTTP, and its own paths over RTSP. */
export async function startGreedyCamera(replies: Readonly<Record<string, Greed>>): Promise<GreedyCamera> {
  const requests = new Map<string, number>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    socket.on('data', (bytes: Buffer) => {
      const head = bytes.toString('latin1');
      const [, method = '', path = '', protocol = ''] =
        /^([A-Z_]+) (?:[a-z]+:\/\/[^/\s]*)?(\S+) (\w+)/.exec(head) ?? [];
      if (method === '') return;
      const name = path.replace(/\/t0$/, '');
      requests.set(name, (requests.get(name) ?? 0) + 1);
      if (protocol === 'HTTP') {
        void pour(socket, replies[name]?.() ?? forever());
        return;
      }
      const number = /^CSeq: *(\d+)/im.exec(head)?.[1];
      const reply = (more = '', body = method === 'DESCRIBE' ? description : ''): Buffer =>
        Buffer.from(
          `RTSP/1.0 200 OK\r\nCSeq: ${number}\r\nSession: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n` +
            `${more || `Content-Length: ${body.length}\r\n`}\r\n${body}`,
        );
      const answer = method === 'DESCRIBE' && name === '/endless-frame' ? [reply()] : rtspGreed[name]?.(method, reply);
      void pour(socket, answer ?? [reply()]);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Sends bytes as fast as they are taken. */
async function pour(socket: Socket, bytes: Iterable<Buffer>): Promise<void> {
  let sent = 0;
  for (const chunk of bytes) {
    if (socket.destroyed || sent > greed) break;
    sent += chunk.length;
    if (socket.write(chunk)) continue;
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once('drain', resolve).once('close', resolve);
    await promise;
    socket.off('drain', resolve).off('close', resolve);
  }
  if (sent > greed) socket.destroy();
}

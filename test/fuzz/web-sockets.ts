import { randomBytes } from 'node:crypto';
import type { Json, Random } from './random.ts';
import { type Attack, people, type Target } from './target.ts';

const codes = [1_000, 1_001, 1_002, 1_005, 1_006, 1_011, 3_000, 4_999, 0, 999, 65_535];

/** Messages of a page, and frames that carry none, on its WebSocket. */
export function webSockets(target: Target): Attack {
  return {
    name: 'WebSocket',
    async step({ random, note, answered }) {
      const person = random.pick(people);
      const head = upgrade(random, target.headersOf(person), target.port);
      const frames = Array.from({ length: 1 + random.below(20) }, () => frameOf(random));
      const frameBytes = Buffer.concat(frames);
      const bytes = Buffer.concat([head, random.chance(0.2) ? random.mutate(frameBytes) : frameBytes]);
      note(bytes);
      const socket = await target.connect();
      const pieces = random.chance(0.5) ? [bytes] : [head, ...frames];
      const received = await target.exchange(socket, pieces, 60);
      const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(received.toString('latin1', 0, 20)) ?? [];
      if (status !== undefined) answered(Number(status));
      // An error that nobody expected, in a message to the page.
      if (received.includes('"code":"internal"')) answered(500, received.toString('latin1').slice(-1_000));
    },
  };
}

function upgrade(random: Random, credentials: Readonly<Record<string, string>>, port: number): Buffer {
  const lines = [
    'GET /live HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    ...Object.entries(credentials).map(([name, value]) => `${name}: ${value}`),
    ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...(random.chance(0.2) ? ['Sec-WebSocket-Extensions: permessage-deflate'] : []),
    ...(random.chance(0.1)
      ? [`Origin: ${random.pick(['null', 'http://evil.example', `http://127.0.0.1:${port}`])}`]
      : []),
  ];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return random.chance(0.03) ? random.mutate(head) : head;
}

function message(random: Random): Json {
  const camera = random.pick(['front', 'canary', 'none', random.text()]);
  const width = random.pick<Json>(['source', 64, 160, 320, random.finite()]);
  const codec = random.pick(['jpeg', 'h264', 'aac', 'opus', random.text()]);
  const view = random.chance(0.7) ? random.below(4) : random.finite();
  return random.pick<Json>([
    { type: 'watch', view, camera, width, codec },
    { type: 'watch', view, camera, width },
    { type: 'unwatch', view },
    { type: 'ping', t: random.finite() },
    { type: random.text() },
  ]);
}

function frameOf(random: Random): Buffer {
  if (random.chance(0.7)) {
    const value = message(random);
    const text = JSON.stringify(random.chance(0.4) ? random.mutateJson(value) : value);
    return frame(random.chance(0.1) ? random.mutate(Buffer.from(text)) : Buffer.from(text), {});
  }
  const payload = random.chance(0.5) ? random.bytes(random.below(130)) : Buffer.alloc(random.below(20_000), 0x20);
  const close = Buffer.from([0, 0]);
  close.writeUInt16BE(random.pick(codes));
  const kind = random.below(5);
  if (kind === 0) return frame(Buffer.concat([close, payload.subarray(0, 120)]), { opcode: 8 });
  if (kind === 1) return frame(payload.subarray(0, 125), { opcode: random.pick([9, 10]) });
  if (kind === 2) return frame(payload, { opcode: random.below(16), bits: random.below(16) << 4 });
  if (kind === 3) return frame(payload, { claimed: BigInt(random.pick([1, 126, 65_536, 2 ** 31, 2 ** 53])) });
  return frame(payload, { masked: false, opcode: random.pick([1, 2]) });
}

interface FrameOptions {
  readonly opcode?: number;
  /** FIN and the reserved bits. */
  readonly bits?: number;
  readonly masked?: boolean;
  /** The length to claim. */
  readonly claimed?: bigint;
}

/** A frame from a client (RFC 6455, section 5.2), possibly malformed. */
function frame(payload: Buffer, { opcode = 1, bits = 0x80, masked = true, claimed }: FrameOptions): Buffer {
  const length = claimed ?? BigInt(payload.length);
  const size = Buffer.alloc(length < 126n ? 0 : length < 65_536n ? 2 : 8);
  if (size.length === 2) size.writeUInt16BE(Number(length));
  if (size.length === 8) size.writeBigUInt64BE(length);
  const short = size.length === 0 ? Number(length) : size.length === 2 ? 126 : 127;
  const head = Buffer.from([bits | opcode, short | (masked ? 0x80 : 0)]);
  if (!masked) return Buffer.concat([head, size, payload]);
  const mask = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([head, size, mask, payload.map((byte, at) => byte ^ (mask[at % 4] as number))]);
}

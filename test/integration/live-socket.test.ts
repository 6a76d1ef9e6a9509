// The page's WebSocket on the real server, with malicious clients next to one that only watches.
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { User } from '../../src/domain/users/user.ts';
import { LivePage } from '../support/live-page.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { viewerCounter } from '../support/viewers.ts';

let server: TestServer;
let token: string;
let port: number;
let viewers: () => Promise<number>;
/** A viewer that only watches. */
let witness: LivePage;
/** Long enough for a slow machine, in milliseconds. */
const patience = { timeout: 20_000, interval: 50 };

beforeAll(async () => {
  server = await startServer({ args: ['--camera', 'front=test:?width=320&height=240&fps=15'] });
  port = Number(new URL(server.url).port);
  token = await server.token();
  viewers = await viewerCounter(server);
  witness = await LivePage.open(server.url, { authorization: `Bearer ${token}` });
  witness.watch('front');
});
afterAll(async () => {
  witness[Symbol.dispose]();
  await server.stop();
});

let before = { pid: 0, files: 0, complaints: 0 };
const files = async (): Promise<number> => (await readdir(`/proc/${server.pid}/fd`)).length;
const complaints = (): number => server.log.filter(({ level }) => level === 'error' || level === 'fatal').length;
beforeEach(async () => {
  await expect.poll(viewers, patience).toBe(1);
  before = { pid: server.pid, files: await files(), complaints: complaints() };
});

/** Checks that the witness keeps watching, that the others have left nothing behind, and that nothing failed. */
async function isUnharmed(): Promise<void> {
  const { pictures } = witness;
  await expect.poll(() => witness.pictures, patience).toBeGreaterThan(pictures + 5);
  expect(witness.closeCode).toBeNull();
  await expect.poll(viewers, patience).toBe(1);
  // This test's own requests may have kept-alive connections.
  await expect.poll(files, patience).toBeLessThanOrEqual(before.files + 3);
  expect(server.pid).toBe(before.pid);
  expect(complaints()).toBe(before.complaints);
  expect(server.output).not.toMatch(/unhandled/i);
}

/** The header of a WebSocket request. */
function upgrade(changes: Readonly<Record<string, string | null>> = {}, method = 'GET'): string {
  const headers: Record<string, string | null> = {
    Host: `127.0.0.1:${port}`,
    Authorization: `Bearer ${token}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]));
  return [`${method} /live HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

interface FrameOptions {
  readonly opcode?: number;
  /** The other bits of the first byte: FIN and the reserved bits. */
  readonly bits?: number;
  readonly masked?: boolean;
  /** The length to claim; the real one by default. */
  readonly length?: bigint;
}

/** A frame from a client (RFC 6455, section 5.2), possibly malformed. */
function frame(payload: Buffer | string, options: FrameOptions = {}): Buffer {
  const bytes = Buffer.from(payload);
  const { opcode = 1, bits = 0x80, masked = true, length = BigInt(bytes.length) } = options;
  const mask = Buffer.from([1, 2, 3, 4]);
  const size = Buffer.alloc(length < 126n ? 0 : length < 65_536n ? 2 : 8);
  if (size.length === 2) size.writeUInt16BE(Number(length));
  if (size.length === 8) size.writeBigUInt64BE(length);
  const first = size.length === 0 ? Number(length) : size.length === 2 ? 126 : 127;
  const head = Buffer.from([bits | opcode, first | (masked ? 0x80 : 0)]);
  if (!masked) return Buffer.concat([head, size, bytes]);
  return Buffer.concat([head, size, mask, bytes.map((byte, at) => byte ^ (mask[at % 4] as number))]);
}

const watching = frame(JSON.stringify({ type: 'watch', view: 1, camera: 'front', width: 'source', codec: 'jpeg' }));

/** A connection with the bytes that it received; its errors do not matter. */
class Raw {
  readonly socket: Socket;
  #received = Buffer.alloc(0);

  constructor() {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk: Buffer) => (this.#received = Buffer.concat([this.#received, chunk])));
  }

  get received(): Buffer {
    return this.#received;
  }

  /** The status of the answer when it has arrived; 0 if the connection closed without one. */
  async status(): Promise<number> {
    const status = (): number => Number(/^HTTP\/1\.1 (\d+)/.exec(this.#received.toString('latin1'))?.[1] ?? 0);
    await expect.poll(() => status() > 0 || this.socket.destroyed, patience).toBe(true);
    return status();
  }

  /** The WebSocket of a page that watches. */
  static async watching(): Promise<Raw> {
    const raw = new Raw();
    // The first frame follows the header in the same packet, as clients may send it.
    raw.socket.write(Buffer.concat([Buffer.from(upgrade()), watching]));
    expect(await raw.status()).toBe(101);
    await expect.poll(() => raw.received.includes('"type":"view"'), patience).toBe(true);
    return raw;
  }

  async ended(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.socket.closed) resolve();
      else this.socket.once('close', () => resolve());
    });
  }

  /** The code of the close frame, which came last; undefined without one. */
  get closeCode(): number | undefined {
    for (let length = 2; length < 127; length += 1) {
      const at = this.#received.length - 2 - length;
      if (at > 0 && this.#received[at] === 0x88 && this.#received[at + 1] === length) {
        return this.#received.readUInt16BE(at + 2);
      }
    }
    return undefined;
  }
}

describe('malformed frames', () => {
  const broken: readonly (readonly [string, Buffer, number])[] = [
    ['without a mask', frame('{}', { masked: false }), 1002],
    ['with reserved bits', frame('{}', { bits: 0xf0 }), 1002],
    ['that claim to be compressed', frame('{}', { bits: 0xc0 }), 1002],
    ['of an unknown kind', frame('{}', { opcode: 3 }), 1002],
    ['of an unknown kind of control', frame('', { opcode: 11 }), 1002],
    ['that go on with nothing', frame('{}', { opcode: 0 }), 1002],
    ['that begin anew in the middle', Buffer.concat([frame('{', { bits: 0 }), frame('}')]), 1002],
    ['of control in parts', frame('', { opcode: 9, bits: 0 }), 1002],
    ['of control that are long', frame(Buffer.alloc(126), { opcode: 9 }), 1002],
    ['of farewell with half a code', frame('x', { opcode: 8 }), 1002],
    ['of farewell with a code that is none', frame(Buffer.from([0, 1]), { opcode: 8 }), 1002],
    ['of text that is not UTF-8', frame(Buffer.from([0xc3, 0x28])), 1007],
    ['of 17 KB', frame(Buffer.alloc(17 * 1024, 0x20)), 1009],
    ['of 17 KB in parts', Buffer.concat(Array(17).fill(frame(Buffer.alloc(1024, 32), { bits: 0, opcode: 1 }))), 1002],
    ['that claim to be endless', frame('{}', { length: 2n ** 63n - 1n }), 1009],
    ['that claim to be large', frame('{}', { length: 2n ** 31n }), 1009],
    ['with bytes', frame('{"type":"ping","t":1}', { opcode: 2 }), 1008],
    ['of 5 KB', frame(Buffer.alloc(5 * 1024, 0x20)), 1008],
  ];

  it.each(broken)('%s close their own socket with a code, and no other socket', async (_, bytes, code) => {
    const raw = await Raw.watching();
    raw.socket.write(bytes);
    await raw.ended();
    expect(raw.closeCode).toBe(code);
    await isUnharmed();
  });

  it.each([
    ['half a head', watching.subarray(0, 1)],
    ['half a mask', watching.subarray(0, 4)],
    ['half a message', watching.subarray(0, 30)],
    ['one part of several', frame('{"type":', { bits: 0 })],
  ])('cut short after %s leave nothing behind when their client goes, in whichever way', async (_, bytes) => {
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const raw = await Raw.watching();
      raw.socket.write(bytes, () => raw.socket[leave]());
      await raw.ended();
    }
    await isUnharmed();
  });

  it('of random bytes crash nothing', async () => {
    let seed = 23;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const codes = new Set<number | undefined>();
    for (let round = 0; round < 120; round += 1) {
      const raw = await Raw.watching();
      for (let count = random(6); count >= 0; count -= 1) {
        const payload = Buffer.from(Array.from({ length: random(200) }, () => random(256)));
        const bytes = frame(random(2) === 0 ? payload : `{"type":"ping","t":${round}}`, {
          opcode: [1, 1, 1, 0, 2, 8, 9, 10, random(16)][random(9)] as number,
          bits: random(4) === 0 ? random(16) << 4 : 0x80,
          masked: random(8) > 0,
        });
        for (let times = random(2); times > 0; times -= 1) bytes[random(bytes.length)] = random(256);
        raw.socket.write(bytes);
      }
      raw.socket.end();
      await raw.ended();
      codes.add(raw.closeCode);
    }
    expect(codes.has(1002)).toBe(true);
    await isUnharmed();
  });
});

describe('WebSocket requests', () => {
  it.each([
    ['no key', { 'Sec-WebSocket-Key': null }, 'GET'],
    ['a short key', { 'Sec-WebSocket-Key': 'eA==' }, 'GET'],
    ['another version', { 'Sec-WebSocket-Version': '7' }, 'GET'],
    ['no version', { 'Sec-WebSocket-Version': null }, 'GET'],
    ['another method', {}, 'POST'],
    ['another protocol', { Upgrade: 'h2c' }, 'GET'],
    ['no protocol', { Upgrade: null, Connection: 'close' }, 'GET'],
    ['no sign-in', { Authorization: null }, 'GET'],
    ['a wrong token', { Authorization: 'Bearer nonsense' }, 'GET'],
  ] as const)('with %s are refused', async (_, changes, method) => {
    const raw = new Raw();
    raw.socket.write(upgrade(changes, method));
    const status = await raw.status();
    raw.socket.destroy();
    expect([400, 401, 403, 404, 405, 426]).toContain(status);
    await isUnharmed();
  });

  it('that are truncated anywhere leave nothing behind', async () => {
    const head = upgrade();
    const cut: Raw[] = [];
    for (let length = 1; length < head.length; length += 5) {
      const raw = new Raw();
      const leave = (['end', 'destroy', 'resetAndDestroy'] as const)[length % 3] as 'end';
      raw.socket.write(head.slice(0, length), () => raw.socket[leave]());
      cut.push(raw);
    }
    await Promise.all(cut.map((raw) => raw.ended()));
    for (const { received } of cut) expect(received.toString('latin1')).not.toMatch(/^HTTP\/1\.1 (101|5)/);
    await isUnharmed();
  });

  it('whose client disconnects before the answer leave nothing behind', async () => {
    for (let round = 0; round < 40; round += 1) {
      const raw = new Raw();
      raw.socket.write(Buffer.concat([Buffer.from(upgrade()), watching]), () => raw.socket.resetAndDestroy());
      await raw.ended();
    }
    await isUnharmed();
  });
});

describe('a camera that the user may not see', () => {
  it('is answered like one that does not exist, in every codec', async () => {
    const admin = await server.signIn();
    const input = { username: 'guest', password: 'a long enough password', role: 'viewer', cameras: [] };
    const user = (await (await admin.send('POST', '/api/users', input)).json()) as User;
    expect((await admin.send('PATCH', `/api/users/${user.id}`, { cameras: [] })).status).toBe(200);
    const own = await server.token({ user: 'guest' });
    using page = await LivePage.open(server.url, { authorization: `Bearer ${own}` });
    const answers = () => page.messages.filter(({ type }) => type !== 'hello');
    for (const codec of ['jpeg', 'h264', 'aac', 'opus'] as const) {
      const from = answers().length;
      page.watch('front', 1, 'source', codec);
      page.watch('nothing', 1, 'source', codec);
      await expect.poll(() => answers().length, patience).toBe(from + 2);
      const [hidden, missing] = answers().slice(from);
      expect(hidden).toMatchObject({ type: 'view-error', view: 1, error: { code: 'camera_not_found' } });
      expect(hidden).toEqual(missing);
    }
    expect(page.pictures).toBe(0);
    await isUnharmed();
  });
});

it('no viewer is counted after the last one leaves', async () => {
  witness[Symbol.dispose]();
  await expect.poll(viewers, patience).toBe(0);
});

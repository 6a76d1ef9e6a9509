import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { PortholeError, problems } from '../../domain/errors.ts';
import type { Frame } from '../../domain/media/frame.ts';
import { type Codec, type Rendition, renditionFor } from '../../domain/media/rendition.ts';
import { Connections } from '../../fanout/connections.ts';
import { transportOf } from '../../fanout/node-internals.ts';
import type { Viewer } from '../../fanout/viewer.ts';
import { LiveFrameEncoders } from './live-frames.ts';
import { LiveSocket, type LiveSource } from './live-socket.ts';

/** Cameras `front` and `yard`, of which only the first one may be seen. */
class Cameras implements LiveSource {
  readonly viewers = new Set<Viewer>();
  /** What was asked for, in its order. */
  readonly asked: { readonly camera: string; readonly width: number | 'source'; readonly codec: Codec }[] = [];
  /** The largest number of viewers there ever was. */
  most = 0;
  readonly #streams = new Map<string, number>();

  rendition(camera: string, width: number | 'source', codec: Codec): { rendition: Rendition; stream: number } {
    if (camera !== 'front' && camera !== 'yard') throw new PortholeError('camera_not_found');
    this.asked.push({ camera, width, codec });
    const rendition = renditionFor(width, 1280, codec);
    const key = `${camera} ${rendition.codec} ${rendition.width}`;
    const stream = this.#streams.get(key) ?? this.#streams.size + 1;
    this.#streams.set(key, stream);
    return { rendition, stream };
  }

  subscribe(_camera: string, _rendition: Rendition, viewer: Viewer): () => void {
    this.viewers.add(viewer);
    this.most = Math.max(this.most, this.viewers.size);
    return () => this.viewers.delete(viewer);
  }

  requestKeyframe(): void {}

  /** Gives everybody a picture. */
  publish(frame: Frame): void {
    for (const viewer of this.viewers) viewer.offer(frame);
  }
}

/** A page's end of a socket, with what came over it. */
class Page {
  readonly socket: WebSocket;
  readonly messages: Record<string, unknown>[] = [];
  readonly pictures: Buffer[] = [];
  closeCode: number | null = null;

  constructor(port: number) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.pictures.push(data);
      else this.messages.push(JSON.parse(data.toString()) as Record<string, unknown>);
    });
    this.socket.on('close', (code) => (this.closeCode = code));
    this.socket.on('error', () => undefined);
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Sends one message and gives what it is answered. */
  async ask(message: unknown): Promise<Record<string, unknown> | undefined> {
    const before = this.messages.length;
    this.send(message);
    await expect.poll(() => this.messages.length, { timeout: 5_000, interval: 2 }).toBeGreaterThan(before);
    return this.messages[before];
  }

  /** Waits until all that was sent before has been obeyed, or the socket was closed for it. */
  async settled(): Promise<void> {
    const t = Math.random();
    this.send({ type: 'ping', t });
    const isDone = (): boolean => this.closeCode !== null || this.messages.some((message) => message.t === t);
    await expect.poll(isDone, { timeout: 5_000, interval: 2 }).toBe(true);
  }
}

const cameras = new Cameras();
const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false, maxPayload: 16 * 1024 });
/** The server's ends, in the order in which they were opened. */
const ends: LiveSocket[] = [];
/** Sockets that were closed, and whose cameras nobody wants any more. */
let closed = 0;
let opened = 0;
beforeAll(async () => {
  const connections = Connections.open();
  const encoders = new LiveFrameEncoders();
  sockets.on('connection', (socket) => {
    opened += 1;
    const maySee = (camera: string): boolean => camera === 'front';
    ends.push(new LiveSocket(cameras, connections, encoders, { socket, maySee, onClose: () => (closed += 1) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  for (const client of sockets.clients) client.terminate();
  server.close();
});

async function openPage(): Promise<Page> {
  const page = new Page((server.address() as AddressInfo).port);
  onTestFinished(() => page.socket.terminate());
  await once(page.socket, 'open');
  return page;
}

const untilNobodyWatches = (): Promise<void> =>
  expect.poll(() => [cameras.viewers.size, opened - closed], { timeout: 5_000, interval: 5 }).toEqual([0, 0]);

const watch = { type: 'watch', view: 1, camera: 'front', width: 640, codec: 'jpeg' } as const;

/** More than any system's buffers take. */
const large: Frame = { bytes: Buffer.alloc(48e6), sequence: 1, capturedAt: 0, keyframe: true, width: 2, height: 2 };

describe("a page's socket", () => {
  it('tells which stream a view has, before its first picture', async () => {
    const page = await openPage();
    const answer = await page.ask(watch);
    expect(answer).toEqual({ type: 'view', view: 1, stream: answer?.stream, width: 640, codec: 'jpeg' });
    cameras.publish({ bytes: Buffer.alloc(9), sequence: 7, capturedAt: 0, keyframe: true, width: 2, height: 2 });
    await expect.poll(() => page.pictures.length).toBe(1);
    expect(page.pictures[0]?.readUInt32LE(4)).toBe(answer?.stream);
    page.send({ type: 'unwatch', view: 1 });
    await page.settled();
    expect(cameras.viewers.size).toBe(0);
  });

  it('shows JPEG to a page that names no codec, and keeps a view that asks for what it has', async () => {
    const page = await openPage();
    expect(await page.ask({ ...watch, codec: undefined })).toMatchObject({ codec: 'jpeg' });
    page.send(watch);
    await page.settled();
    expect(page.messages.filter(({ type }) => type === 'view')).toHaveLength(1);
    expect(await page.ask({ ...watch, codec: 'h264' })).toMatchObject({ type: 'view', codec: 'h264' });
    expect(cameras.viewers.size).toBe(1);
    page.socket.terminate();
    await untilNobodyWatches();
  });

  it('answers for a camera that one may not see as for one that does not exist', async () => {
    const page = await openPage();
    const [hidden, missing] = [
      await page.ask({ ...watch, camera: 'yard' }),
      await page.ask({ ...watch, camera: 'none' }),
    ];
    expect(hidden).toEqual(missing);
    const error = { code: 'camera_not_found', message: problems.camera_not_found };
    expect(hidden).toEqual({ type: 'view-error', view: 1, error });
  });

  it.each([
    ['no JSON', 'watch front'],
    ['half a message', '{"type":"watch","view":1'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['a number', '1e999'],
    ['no type', '{}'],
    ['an unknown type', { ...watch, type: 'record' }],
    ['view 0', { ...watch, view: 0 }],
    ['view 129', { ...watch, view: 129 }],
    ['half a view', { ...watch, view: 1.5 }],
    ['a view as a text', { ...watch, view: '1' }],
    ['no camera', { ...watch, camera: undefined }],
    ['a camera that is none', { ...watch, camera: { toString: 'front' } }],
    ['a width of 0', { ...watch, width: 0 }],
    ['a width below 0', { ...watch, width: -640 }],
    ['a width of 10001', { ...watch, width: 10_001 }],
    ['a width without end', '{"type":"watch","view":1,"camera":"front","width":1e999}'],
    ['a width as a text', { ...watch, width: '640' }],
    ['an unknown codec', { ...watch, codec: 'av1' }],
    ['a codec that is none', { ...watch, codec: ['h264'] }],
    ['no codec, in so many words', { ...watch, codec: null }],
    ['unwatch without a view', { type: 'unwatch' }],
    ['ping without a time', { type: 'ping' }],
    ['ping with a text', { type: 'ping', t: '1' }],
  ])('says in words what is wrong with %s, and goes on', async (_, message) => {
    const page = await openPage();
    const answer = (await page.ask(message)) as { type: string; error: { code: string; message: string } };
    expect([answer.type, answer.error.code]).toEqual(['error', 'invalid_input']);
    expect(answer.error.message).toMatch(/^A message is .*\.$/);
    expect(await page.ask({ type: 'ping', t: 5 })).toMatchObject({ type: 'pong', t: 5 });
    expect(cameras.viewers.size).toBe(0);
  });

  it.each<[string, object]>([
    ['view 1', { view: 1 }],
    ['view 128', { view: 128 }],
    ['a width of 1', { width: 1 }],
    ['a width of 10000', { width: 10_000 }],
    ['half a pixel more', { width: 640.5 }],
    ['its own width', { width: 'source' }],
    ...(['jpeg', 'h264', 'aac', 'opus'] as const).map((codec): [string, object] => [codec, { codec }]),
  ])('takes %s', async (_, change) => {
    const page = await openPage();
    expect(await page.ask({ ...watch, ...change })).toMatchObject({ type: 'view' });
  });

  it('shows 128 pictures and no more, and one in the place of another', async () => {
    const page = await openPage();
    for (let view = 1; view <= 128; view += 1) {
      page.send({ ...watch, view });
      // No more than a page may send in a second.
      if (view === 90) await new Promise((resolve) => setTimeout(resolve, 1_100));
    }
    await page.settled();
    expect(page.messages.filter(({ type }) => type === 'view')).toHaveLength(128);
    expect(cameras.viewers.size).toBe(128);
    expect(await page.ask({ ...watch, view: 128, width: 320 })).toMatchObject({ type: 'view', width: 320 });
    expect(cameras.viewers.size).toBe(128);
    page.socket.terminate();
    await untilNobodyWatches();
  });
});

describe('a client that does not read', () => {
  it('is told what happens behind a picture, however large that is', async () => {
    const page = await openPage();
    await page.ask(watch);
    page.socket.pause();
    cameras.publish(large);
    for (const count of [1, 2, 3]) ends.at(-1)?.send({ type: 'camera', count });
    page.socket.resume();
    await expect.poll(() => page.messages.map(({ count }) => count), { timeout: 10_000 }).toEqual([undefined, 1, 2, 3]);
    expect([page.closeCode, page.pictures.length]).toEqual([null, 1]);
  });

  it('is cut off when more text waits for it than anybody needs', async () => {
    const page = await openPage();
    await page.ask(watch);
    page.socket.pause();
    cameras.publish(large);
    const event = { type: 'camera', words: 'x'.repeat(1_000_000) };
    for (let count = 0; count < 5; count += 1) ends.at(-1)?.send(event);
    expect(cameras.viewers.size).toBe(1);
    for (let count = 0; count < 2; count += 1) ends.at(-1)?.send(event);
    await untilNobodyWatches();
  });
});

describe('a socket is closed with 1008', () => {
  const misdeeds: readonly (readonly [string, (page: Page) => void])[] = [
    ['a binary message', ({ socket }) => socket.send(Buffer.from(JSON.stringify({ type: 'ping', t: 1 })))],
    ['a message longer than 4 KB', (page) => page.send(`{"type":"ping","t":1${' '.repeat(4_096)}}`)],
    [
      'more than a hundred messages in a second',
      (page) => {
        for (let t = 0; t < 101; t += 1) page.send({ type: 'ping', t });
      },
    ],
  ];

  it.each(misdeeds)('for %s, and its views end', async (_, misbehave) => {
    const page = await openPage();
    await page.ask(watch);
    misbehave(page);
    await expect.poll(() => page.closeCode, { timeout: 5_000, interval: 5 }).toBe(1008);
    await untilNobodyWatches();
  });

  it('and is sent no picture behind that, nor obeyed, though it does not answer', async () => {
    const page = await openPage();
    await page.ask(watch);
    // A client that leaves the farewell unanswered: as long as it does not read, it cannot answer.
    page.socket.pause();
    page.socket.send(Buffer.from('x'));
    await expect.poll(() => cameras.viewers.size, { timeout: 5_000, interval: 1 }).toBe(0);
    page.send({ ...watch, view: 2 });
    // It is cut off in the end.
    await untilNobodyWatches();
    expect(cameras.asked.at(-1)).not.toMatchObject({ view: 2 });
  });

  it('not for a hundred messages, second after second', async () => {
    const page = await openPage();
    for (const second of [1, 2]) {
      for (let t = 0; t < 100; t += 1) page.send({ type: 'ping', t: second });
      await expect.poll(() => page.messages.length, { timeout: 5_000 }).toBe(second * 100);
      await new Promise((resolve) => setTimeout(resolve, 1_100));
    }
    expect(page.closeCode).toBeNull();
  });

  it('not for a message of 4 KB', async () => {
    const page = await openPage();
    const message = `{"type":"ping","t":1`;
    page.send(`${message}${' '.repeat(4_096 - message.length - 1)}}`);
    await expect.poll(() => page.messages.length, { timeout: 5_000 }).toBe(1);
  });
});

describe('a page that says goodbye', () => {
  it('is sent no picture behind the answer, also when one waited for the connection', async () => {
    const page = await openPage();
    await page.ask(watch);
    const transport = transportOf(page.socket);
    const end = [...sockets.clients].at(-1) as WebSocket;
    page.socket.pause();
    for (const sequence of [1, 2]) cameras.publish({ ...large, sequence });
    page.socket.close();
    await expect.poll(() => end.readyState, { timeout: 5_000, interval: 1 }).toBe(WebSocket.CLOSING);
    let last: readonly number[] = [];
    transport.on('data', (bytes: Buffer) => (last = [...last, ...bytes.subarray(-2)].slice(-2)));
    page.socket.resume();
    await expect.poll(() => page.closeCode, { timeout: 5_000, interval: 5 }).not.toBeNull();
    // A final frame with opcode 8 and no payload (RFC 6455, 5.5.1).
    expect(last).toEqual([0x88, 0]);
    await untilNobodyWatches();
  });
});

describe('three thousand messages with something wrong in them', () => {
  const valid = [
    watch,
    { ...watch, view: 128, width: 'source', codec: 'h264' },
    { ...watch, view: 65, codec: 'opus' },
    { ...watch, camera: 'yard' },
    { type: 'unwatch', view: 1 },
    { type: 'ping', t: 1_234.5 },
  ].map((each) => JSON.stringify(each));
  const oddities = ['null', '-1', '1e308', '"\\u0000"', '[[[[', '{"a":', '"__proto__"', 'true', '\u{1f6a2}', '"front"'];
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;

  function mutated(text: string): string {
    const at = random(text.length + 1);
    const oddity = oddities[random(oddities.length)] ?? '';
    switch (random(5)) {
      case 0:
        return text.slice(0, at) + text.slice(at + 1 + random(6));
      case 1:
        return text.slice(0, at) + String.fromCharCode(random(0xd800)) + text.slice(at + random(2));
      case 2:
        return text.slice(0, at) + oddity + text.slice(at);
      case 3:
        return text.replace(/(:)[^,}]*/, `$1${oddity}`);
      default:
        return text.slice(0, at) + text.slice(random(text.length));
    }
  }

  it('are each obeyed or answered in words, and nothing is left of them', async () => {
    const counts = { view: 0, 'view-error': 0, error: 0, pong: 0 };
    let closedForIt = 0;
    cameras.most = 0;
    cameras.asked.splice(0);
    for (let round = 0; round < 3_000; round += 90) {
      const page = await openPage();
      for (let message = 0; message < 90; message += 1) {
        let text = valid[random(valid.length)] ?? '';
        for (let times = random(3); times >= 0; times -= 1) text = mutated(text);
        page.send(text);
      }
      await page.settled();
      if (page.closeCode !== null) closedForIt += 1;
      for (const { type } of page.messages) counts[type as keyof typeof counts] += 1;
      page.socket.terminate();
    }
    await untilNobodyWatches();
    expect(closedForIt).toBe(0);
    expect(Object.keys(counts)).toHaveLength(4);
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(20);
    for (const { camera, width, codec } of cameras.asked) {
      expect(camera).toBe('front');
      expect(width === 'source' || (width >= 1 && width <= 10_000)).toBe(true);
      expect(['jpeg', 'h264', 'aac', 'opus']).toContain(codec);
    }
    expect(cameras.most).toBeLessThanOrEqual(128);
  });
});

import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../domain/media/frame.ts';
import { Connections } from './connections.ts';
import { GopWriter } from './gop-writer.ts';

/** A socket whose other side takes what is written only when it is told to. */
class FakeSocket extends Duplex {
  readonly taken: string[] = [];
  #open = true;
  readonly #held: (() => void)[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const take = (): void => {
      if (chunk.length > 0) this.taken.push(chunk.toString());
      done();
    };
    if (this.#open) take();
    else this.#held.push(take);
  }

  override _read(): void {}

  get bytesWritten(): number {
    return this.taken.length;
  }

  hold(): void {
    this.#open = false;
  }

  /** Takes all that waits, and what comes. */
  async release(): Promise<void> {
    this.#open = true;
    for (let take = this.#held.shift(); take !== undefined; take = this.#held.shift()) take();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function frame(sequence: number, capturedAt: number, keyframe = false): Frame {
  return {
    bytes: Buffer.from(`${keyframe ? 'K' : 'p'}${sequence}`),
    sequence,
    capturedAt,
    keyframe,
    width: 2,
    height: 2,
  };
}

function viewer() {
  const socket = new FakeSocket();
  let asked = 0;
  const noted: number[] = [];
  const inits = [Buffer.from('init'), Buffer.from('other')];
  let init = 0;
  const format = {
    note: ({ sequence }: Frame) => void noted.push(sequence),
    init: () => inits[init] as Buffer,
    bytes: ({ bytes }: Frame) => bytes,
  };
  const connection = Connections.open({ batchSend: false }).of(socket as unknown as Socket);
  const writer = new GopWriter(connection, format, () => void (asked += 1));
  return { socket, writer, noted, asked: () => asked, changeInit: () => void (init += 1) };
}

describe('GopWriter', () => {
  it('begins with a keyframe and what decoders need before it, and sends every frame to a viewer that keeps up', () => {
    const { socket, writer } = viewer();
    writer.write(frame(1, 0));
    writer.write(frame(2, 33, true));
    writer.write(frame(3, 66));
    writer.write(frame(4, 99, true));
    expect(socket.taken).toEqual(['init', 'K2', 'p3', 'K4']);
    expect(writer).toMatchObject({ sent: 3, dropped: 1 });
  });

  it('sends what decoders need again when it has changed', () => {
    const { socket, writer, changeInit } = viewer();
    writer.write(frame(1, 0, true));
    changeInit();
    writer.write(frame(2, 33));
    writer.write(frame(3, 66, true));
    expect(socket.taken).toEqual(['init', 'K1', 'p2', 'other', 'K3']);
  });

  it('gives a viewer that comes later all since the keyframe at once', async () => {
    const { socket, writer } = viewer();
    socket.hold();
    writer.writeGop([frame(1, 0, true), frame(2, 1_000), frame(3, 2_000)]);
    writer.write(frame(4, 2_033));
    await socket.release();
    writer.write(frame(5, 2_066));
    expect(socket.taken).toEqual(['init', 'K1', 'p2', 'p3', 'p4', 'p5']);
    expect(writer.dropped).toBe(0);
  });

  it('begins on a connection that is full only when that has drained, with a keyframe that it asks for', async () => {
    const { socket, writer, asked } = viewer();
    socket.hold();
    socket.write(Buffer.alloc(100_000, 'x'));
    writer.writeGop([frame(1, 0, true), frame(2, 1_000)]);
    writer.write(frame(3, 1_033));
    expect(writer.dropped).toBe(3);
    await socket.release();
    expect(asked()).toBe(1);
    writer.write(frame(4, 1_066, true));
    expect(socket.taken.slice(1)).toEqual(['init', 'K4']);
  });

  it('lets a socket hold a large keyframe for a moment without losing anything', async () => {
    const { socket, writer } = viewer();
    socket.hold();
    writer.write(frame(1, 0, true));
    writer.write(frame(2, 200));
    writer.write(frame(3, 400));
    await socket.release();
    expect(socket.taken).toEqual(['init', 'K1', 'p2', 'p3']);
    expect(writer.dropped).toBe(0);
  });

  it('leaves out all up to the next keyframe for a viewer whose socket is full, and asks for one when it drains', async () => {
    const { socket, writer, noted, asked } = viewer();
    writer.write(frame(1, 0, true));
    socket.hold();
    for (let sequence = 2; sequence <= 30; sequence += 1) writer.write(frame(sequence, sequence * 100));
    // A keyframe that comes while the socket is still full would only be late.
    writer.write(frame(31, 3_100, true));
    expect(socket.writableLength).toBeLessThan(30);
    expect(asked()).toBe(0);
    await socket.release();
    expect(asked()).toBe(1);
    writer.write(frame(32, 3_200));
    writer.write(frame(33, 3_300, true));
    writer.write(frame(34, 3_400));
    expect(socket.taken).toEqual(['init', 'K1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'K33', 'p34']);
    expect(writer).toMatchObject({ sent: 9, dropped: 25 });
    expect(noted).toHaveLength(34);
  });

  it('does not ask again and again for a viewer whose socket is too thin', async () => {
    const { socket, writer, asked } = viewer();
    for (let second = 0; second < 4; second += 1) {
      socket.hold();
      for (let tenth = 0; tenth < 10; tenth += 1) {
        const at = second * 1_000 + tenth * 100;
        writer.write(frame(at, at, tenth === 0));
      }
      await socket.release();
    }
    expect(asked()).toBe(2);
  });

  it('writes nothing after it is closed', () => {
    const { socket, writer } = viewer();
    writer.write(frame(1, 0, true));
    writer.close();
    writer.write(frame(2, 33, true));
    expect(socket.taken).toEqual(['init', 'K1']);
  });
});

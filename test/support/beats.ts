import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { openMultipart } from './multipart-reader.ts';
import { RtspClient } from './rtsp-client.ts';
import { WhepViewer } from './whep-viewer.ts';

/** How often a viewer of RTSP says that it is there, in milliseconds. */
const keepAlive = 15_000;

/**
 * A viewer that watches one stream for as long as it lives, never asks a second time, and keeps nothing but times: when
 * frames of the camera arrived that are newer than all before. Placeholder frames do not count.
 */
export class Beats implements Disposable {
  readonly name: string;
  readonly #openedAt = performance.now();
  /** The number of frames. */
  count = 0;
  /** The longest time between two frames, in milliseconds. */
  longestGap = 0;
  /** How long the first frame took, in milliseconds. */
  first = Number.NaN;
  /** Why the stream ended; null while it goes on. */
  ended: string | null = null;
  #lastAt = Number.NaN;
  #newest = -Infinity;
  #close: () => void = () => undefined;

  private constructor(name: string) {
    this.name = name;
  }

  /** Watches `stream.mjpeg`. */
  static mjpeg(name: string, url: string, headers: Readonly<Record<string, string>>): Beats {
    return Beats.#watch(name, async (beats) => {
      const reader = await openMultipart(url, { headers });
      if (reader.status !== 200) throw new Error(`${reader.status} ${await reader.text()}`);
      beats.#close = () => reader.close();
      for await (const part of reader) beats.#beat(Number(part.headers.get('x-timestamp')));
    });
  }

  /** Watches `live.mp4`. */
  static mp4(name: string, url: string, headers: Readonly<Record<string, string>>): Beats {
    return Beats.#watch(name, async (beats) => {
      const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [IncomingMessage];
      beats.#close = () => response.destroy();
      if (response.statusCode !== 200) throw new Error(String(response.statusCode));
      const boxes = new Boxes();
      for await (const chunk of response) {
        for (const type of boxes.types(chunk as Buffer)) if (type === 'mdat') beats.#beat();
      }
    });
  }

  /** Watches by the WebSocket of a page. */
  static page(
    name: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    watched: { readonly camera: string; readonly width: number | 'source'; readonly codec: 'jpeg' | 'h264' },
  ): Beats {
    return Beats.#watch(name, async (beats) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, { headers: { ...headers, origin: url } });
      beats.#close = () => socket.terminate();
      socket.on('message', (data: Buffer, isBinary) => isBinary && beats.#beat(data.readDoubleLE(16)));
      await once(socket, 'open');
      socket.send(JSON.stringify({ type: 'watch', view: 1, ...watched }));
      const [code] = (await once(socket, 'close')) as [number];
      throw new Error(`closed with ${code}`);
    });
  }

  /** Watches by RTSP over TCP: a packet with a marker bit ends a frame. */
  static rtsp(name: string, port: number, path: string, headers: Readonly<Record<string, string>>): Beats {
    return Beats.#watch(name, async (beats) => {
      const client = await RtspClient.open(port);
      beats.#close = () => client.close();
      const uri = `rtsp://127.0.0.1:${port}/${path}`;
      await client.play(uri, headers);
      for (let asked = performance.now(); ;) {
        await client.until(() => client.packets.length > 0, 60_000);
        for (const { channel, bytes } of client.packets.splice(0)) {
          if (channel === 0 && ((bytes[1] ?? 0) & 0x80) !== 0) beats.#beat();
        }
        if (performance.now() - asked < keepAlive) continue;
        asked = performance.now();
        await client.request('OPTIONS', uri, headers);
      }
    });
  }

  /** Watches by WHEP: a packet with a marker bit ends a frame. */
  static whep(name: string, url: string, headers: Readonly<Record<string, string>>): Beats {
    return Beats.#watch(name, async (beats) => {
      const viewer = await WhepViewer.open(url, { headers });
      beats.#close = () => void viewer[Symbol.asyncDispose]();
      while (beats.ended === null) {
        for (const { marker } of viewer.packets.splice(0)) if (marker) beats.#beat();
        const state = viewer.states.at(-1) ?? 'new';
        if (/failed|closed|disconnected/.test(state)) throw new Error(state);
        await delay(20);
      }
    });
  }

  static #watch(name: string, run: (beats: Beats) => Promise<void>): Beats {
    const beats = new Beats(name);
    run(beats).then(
      () => (beats.ended ??= 'the stream ended'),
      (error: unknown) => (beats.ended ??= String(error)),
    );
    return beats;
  }

  [Symbol.dispose](): void {
    this.ended ??= 'closed';
    this.#close();
  }

  #beat(capturedAt = Infinity): void {
    if (capturedAt <= this.#newest && capturedAt !== Infinity) return;
    if (capturedAt !== Infinity) this.#newest = capturedAt;
    const now = performance.now();
    if (this.count === 0) this.first = now - this.#openedAt;
    else this.longestGap = Math.max(this.longestGap, now - this.#lastAt);
    this.count += 1;
    this.#lastAt = now;
  }
}

/** Reads the types of MP4 boxes as they arrive (ISO/IEC 14496-12, 4.2). */
class Boxes {
  #head = Buffer.alloc(0);
  #left = 0;

  *types(chunk: Buffer): Generator<string> {
    for (let at = 0; at < chunk.length;) {
      const skipped = Math.min(this.#left, chunk.length - at);
      this.#left -= skipped;
      at += skipped;
      const part = chunk.subarray(at, at + 8 - this.#head.length);
      this.#head = Buffer.concat([this.#head, part]);
      at += part.length;
      if (this.#head.length < 8) return;
      this.#left = this.#head.readUInt32BE(0) - 8;
      yield this.#head.toString('latin1', 4, 8);
      this.#head = Buffer.alloc(0);
    }
  }
}

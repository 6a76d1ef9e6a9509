// Tests the helpers that other tests rely on.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { openMultipart } from '../support/multipart-reader.ts';
import { comparePictures } from '../support/pictures.ts';
import { lacks, programPath } from '../support/programs.ts';
import { startRtspServer } from '../support/rtsp-server.ts';

const run = promisify(execFile);

describe('the multipart reader', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** Starts a server that sends the same bytes for every request, in pieces, and closes the connection. */
  async function serve(pieces: readonly string[]): Promise<string> {
    server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        for (const piece of pieces) socket.write(piece, 'latin1');
        socket.end();
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  const head = 'HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n';

  it('reads parts that arrive in arbitrary pieces and contain a boundary', async () => {
    const part = (text: string): string => `Content-Length: ${text.length}\r\nX-A: b\r\n\r\n${text}\r\n--b\r\n`;
    const body = `--b\r\n${part('one\r\n--b\r\n')}${part('two')}`;
    using reader = await openMultipart(await serve([head, ...body]));
    const parts = await reader.take(2);
    expect(parts.map((each) => each.bytes.toString())).toEqual(['one\r\n--b\r\n', 'two']);
    expect(parts[0]?.headers.get('x-a')).toBe('b');
    expect(await reader.next()).toBeNull();
    expect(reader.ended).toBe(true);
  });

  it.each([
    ['does not begin with the boundary', '\r\n--b\r\nContent-Length: 1\r\n\r\nx\r\n--b\r\n'],
    ['has a part without a length', '--b\r\nContent-Type: image/jpeg\r\n\r\nx\r\n--b\r\n'],
    ['has a wrong length', '--b\r\nContent-Length: 2\r\n\r\nx\r\n--b\r\nxx'],
  ])('refuses a stream that %s', async (_, body) => {
    using reader = await openMultipart(await serve([head, body]));
    await expect(reader.next()).rejects.toThrow();
  });

  it('returns the text of a response that is not a stream', async () => {
    using reader = await openMultipart(await serve(['HTTP/1.1 401 Unauthorized\r\nX-A: b\r\n\r\nSign in first.']));
    expect([reader.status, reader.headers.get('x-a'), await reader.text()]).toEqual([401, 'b', 'Sign in first.']);
    await expect(reader.next()).rejects.toThrow('not a stream');
  });
});

describe('comparePictures', () => {
  it('returns how much of a picture has changed', async () => {
    const black = sharp({ create: { width: 100, height: 100, channels: 3, background: 'black' } });
    const square = { create: { width: 10, height: 100, channels: 3, background: 'white' } } as const;
    const input = await sharp(square).png().toBuffer();
    const first = await black.clone().png().toBuffer();
    const second = await black
      .clone()
      .composite([{ input, left: 0, top: 0 }])
      .png()
      .toBuffer();
    expect(await comparePictures(first, first)).toEqual({ changed: 0, mean: 0 });
    expect((await comparePictures(first, second)).changed).toBeCloseTo(0.1);
    const right = { left: 50, top: 0, width: 50, height: 100 };
    expect((await comparePictures(first, second, right)).changed).toBe(0);
  });
});

describe.skipIf(lacks('python3 with GstRtspServer', 'ffprobe'))('the RTSP server', () => {
  async function probe(url: string): Promise<string> {
    const args = [
      '-v',
      'error',
      '-rtsp_transport',
      'tcp',
      '-show_entries',
      'stream=codec_name,width',
      '-of',
      'csv=p=0',
    ];
    return (await run(programPath('ffprobe'), [...args, url])).stdout.trim();
  }

  it('serves H.264 in the requested size', async () => {
    await using server = await startRtspServer({ width: 320, height: 240 });
    expect(await probe(server.url)).toBe('h264,320');
  });

  it('accepts only clients that know the password', async () => {
    await using server = await startRtspServer({ credentials: { user: 'cam', password: 'secret' } });
    expect(await probe(server.url.replace('//', '//cam:secret@'))).toBe('h264,640');
    await expect(probe(server.url)).rejects.toThrow('401');
    await expect(probe(server.url.replace('//', '//cam:wrong@'))).rejects.toThrow('401');
  });
});

import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Readable, type Transform } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { guardHttp, joinHttp } from './reply-guard.ts';

/** Passes bytes through a guard in pieces of this size; returns its output. */
async function pass(guard: Transform, bytes: Buffer, size: number): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return buffer(Readable.from(pieces, { objectMode: false }).compose(guard) as Readable);
}

const sizes = [1, 3, 7, 1_000, 100_000];
const text = (lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1');

describe('guardHttp', () => {
  it.each(sizes)('passes on replies that are not redirects, in pieces of %d', async (size) => {
    const reply = Buffer.concat([
      text(['HTTP/1.1 200 OK', 'Content-Type: multipart/x-mixed-replace;boundary=b', '', '']),
      Buffer.alloc(10_000, 'HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n'),
    ]);
    expect((await pass(guardHttp(), reply, size)).equals(reply)).toBe(true);
  });

  it('passes on a truncated reply', async () => {
    expect((await pass(guardHttp(), Buffer.from('HTTP/1.1 200 OK\r\n'), 4)).toString()).toBe('HTTP/1.1 200 OK\r\n');
  });

  it.each(sizes)('stops at a redirect and names its target, in pieces of %d', async (size) => {
    const reply = text(['HTTP/1.1 307 Temporary Redirect', 'Location: http://10.0.0.1/y', '', '']);
    await expect(pass(guardHttp(), reply, size)).rejects.toThrow('redirects Porthole to http://10.0.0.1/…');
  });
});

it('sends no request on a connection that has its reply already, and those on other ones', async () => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  /** Both ends of a connection. */
  const pair = async (): Promise<[Socket, Socket]> => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
    return [near, (await accepted)[0]];
  };
  const join = joinHttp({ isParts: false, isAnswered: true });
  for (const [request, reply] of [
    ['', 'HTTP/1.1 200 OK\r\n\r\none'],
    ['GET /two', 'HTTP/1.1 206 Partial Content\r\n\r\ntwo'],
  ] as const) {
    const [ffmpeg, client] = await pair();
    const [toCamera, camera] = await pair();
    let asked = '';
    camera.on('data', (bytes: Buffer) => (asked += bytes.toString()));
    join(client, toCamera, '', () => undefined);
    ffmpeg.write('GET /two');
    camera.write(reply);
    let got = '';
    ffmpeg.on('data', (bytes: Buffer) => (got += bytes.toString()));
    await expect.poll(() => [got, asked]).toEqual([reply, request]);
    camera.end();
    await once(ffmpeg, 'close');
  }
  server.close();
});

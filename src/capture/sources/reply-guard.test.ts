import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { guardHttp, guardRtsp, type ReplyGuard } from './reply-guard.ts';

/** Passes bytes through a guard in pieces of this size; returns its output. */
async function pass(guard: ReplyGuard, bytes: Buffer, size: number): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return buffer(Readable.from(pieces, { objectMode: false }).compose(guard) as Readable);
}

const sizes = [1, 3, 7, 1_000, 100_000];
const text = (lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1');

describe('guardRtsp', () => {
  const media = Buffer.concat([Buffer.from('$\x00\x00\x08RTSP/1.0', 'latin1'), Buffer.from('$\x01\x00\x00', 'latin1')]);
  const session = Buffer.concat([
    text(['RTSP/1.0 200 OK', 'CSeq: 1', 'Content-Length: 20', '', 'RTSP/1.0 302 a\r\nb: c']),
    text(['RTSP/1.0 401 Unauthorized', 'CSeq: 2', 'WWW-Authenticate: Basic realm="x"', '', '']),
    media,
    text(['OPTIONS rtsp://camera/ RTSP/1.0', 'CSeq: 3', '', '']),
    Buffer.concat([Buffer.from('$\x00\xff\xff', 'latin1'), Buffer.alloc(65_535, '\r\n')]),
    text(['RTSP/1.0 200 OK', '', '']),
  ]);

  it.each(sizes)('passes on replies, requests, bodies and media, in pieces of %d', async (size) => {
    expect((await pass(guardRtsp(), session, size)).equals(session)).toBe(true);
  });

  it.each([
    ['as usual', 'RTSP/1.0 302 Found\r\nLocation: rtsp://10.0.0.1/x\r\n\r\n'],
    ['with bare line feeds', 'RTSP/1.0 302 Found\nLocation: rtsp://10.0.0.1/x\n\n'],
    ['with carriage returns in between', 'RT\rSP/1.0 3\r02 Found\r\nLoca\rtion: rtsp://10.0.0.1/x\r\n\r\r\n'],
    ['after empty lines', '\r\n\n\r\nRTSP/1.0 301 Moved\r\nlocation:rtsp://10.0.0.1/x\r\n\r\n'],
    [
      'after a body',
      'RTSP/1.0 200 OK\r\ncontent-length:3\r\n\r\nabcRTSP/2.0  303\r\nLOCATION: rtsp://10.0.0.1/x\r\n\r\n',
    ],
    ['after media', '$\x00\x00\x01aRTSP/1.0 302 Found\r\nLocation: rtsp://10.0.0.1/x\r\n\r\n'],
  ])('stops at a redirect, written %s', async (_name, reply) => {
    for (const size of sizes) {
      await expect(pass(guardRtsp(), Buffer.from(reply, 'latin1'), size)).rejects.toMatchObject({
        code: 'source_redirected',
        message: expect.stringContaining('rtsp://10.0.0.1/x') as string,
      });
    }
  });

  it('hides the password in the address of a redirect', async () => {
    const reply = text(['RTSP/1.0 302 Found', 'Location: rtsp://me:secret@10.0.0.1/x', '', '']);
    await expect(pass(guardRtsp(), reply, 100)).rejects.toThrow(/me:•••@10/);
  });

  it('removes lines that only some parsers take for headers', async () => {
    const reply = text(['RTSP/1.0 200 OK', 'CSeq: 1', '$\x00\x00\x02', ' Location: a', 'Location: b', 'x', '', '']);
    expect((await pass(guardRtsp(), reply, 5)).toString('latin1')).toBe('RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n');
  });

  it.each([
    ['another protocol', 'HTTP/1.1 302 Found\r\nLocation: rtsp://10.0.0.1/\r\n\r\n'],
    ['a status of four digits', 'RTSP/1.0 0302 Found\r\n\r\n'],
    ['a status after a tab', 'RTSP/1.0\t302 Found\r\n\r\n'],
    ['a length that is not a number', 'RTSP/1.0 200 OK\r\nContent-Length: 0x10\r\n\r\n'],
    ['a length that is two numbers', 'RTSP/1.0 200 OK\r\nContent-Length: 1 2\r\n\r\n'],
    ['a head without end', 'RTSP/1.0 200 OK\r\n'.padEnd(70_000, 'x')],
  ])('rejects %s', async (_name, reply) => {
    await expect(pass(guardRtsp(), Buffer.from(reply, 'latin1'), 1_000)).rejects.toMatchObject({
      code: 'source_not_video',
    });
  });
});

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
    await expect(pass(guardHttp(), reply, size)).rejects.toThrow('redirects Porthole to http://10.0.0.1/y');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutated, seeded } from '../../../test/support/mutations.ts';
import { ReplyReader, type ReplyHead } from './reply-reader.ts';

type Reply = ReplyHead & { readonly body: string; readonly ended: boolean };

/** Reads a reply in pieces of this size. */
function read(text: string, size = text.length): Reply {
  const bytes = Buffer.from(text, 'latin1');
  const reader = new ReplyReader();
  const body: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) body.push(...reader.push(bytes.subarray(at, at + size)));
  body.push(...reader.end());
  const head = reader.head ?? { protocol: '', status: 0, headers: [] };
  return { ...head, body: Buffer.concat(body).toString('latin1'), ended: reader.ended };
}

const type = ['content-type', 'image/jpeg'] as const;
const chunks = '5\r\nhello\r\n1;x=y\r\n \r\n05 \r\nworld\r\n0\r\n\r\n';

describe('ReplyReader', () => {
  it.each<[string, string, Partial<Reply>]>([
    [
      'a usual head',
      'HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\nx\r\n\r\n',
      { headers: [type], body: 'x\r\n\r\n' },
    ],
    ['LF line ends', 'HTTP/1.0 200 OK\nContent-Type:image/jpeg\n\nx', { headers: [type], body: 'x' }],
    ['mixed line ends', 'HTTP/1.0 200 OK\nContent-Type: image/jpeg\r\n\nx', { headers: [type], body: 'x' }],
    ['no reason', 'HTTP/1.1 404\r\n\r\n', { status: 404 }],
    ['another protocol', 'RTSP/1.0 400 Bad Request\r\n\r\n', { protocol: 'RTSP', status: 400 }],
    ['an old streaming server', 'ICY 200 OK\r\n\r\nx', { protocol: 'ICY', status: 200, body: 'x' }],
    ['no status line', 'Content-Type: image/jpeg\r\n\r\nx', { status: 200, headers: [type], body: 'x' }],
    ['empty lines before it', '\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx', { status: 200, body: 'x' }],
    [
      'no head',
      '--frame\r\nContent-Type: image/jpeg\r\n\r\nx',
      { status: 200, headers: [], body: '--frame\r\nContent-Type: image/jpeg\r\n\r\nx' },
    ],
    ['no head but a JPEG', '\xff\xd8\xff\xe0\n\nx', { status: 200, headers: [], body: '\xff\xd8\xff\xe0\n\nx' }],
    ['a provisional reply', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx', { status: 200, body: 'x' }],
    [
      'lines that are no headers',
      'HTTP/1.1 200 OK\r\nnonsense\r\nA: b\r\n c\r\n\r\nx',
      { headers: [['a', 'b c']], body: 'x' },
    ],
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nxyz', { body: 'xy', ended: true }],
    ['a length of zero', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nxyz', { body: 'xyz', ended: false }],
    [
      'a length of a stream',
      'HTTP/1.1 200 OK\r\nContent-Type: Multipart/mixed\r\nContent-Length: 2\r\n\r\nxyz',
      { body: 'xyz', ended: false },
    ],
    ['chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`, { body: 'hello world', ended: true }],
    [
      'chunks with LF',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.replaceAll('\r', '')}`,
      { body: 'hello world', ended: true },
    ],
    [
      'malformed chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n--frame\r\nabc',
      { body: '--frame\r\nabc', ended: false },
    ],
  ])('reads %s', (_what, text, expected) => {
    expect(read(text)).toMatchObject(expected);
    expect(read(text, 1)).toEqual(read(text));
    expect(read(text, 5)).toEqual(read(text));
  });

  it('keeps every header with the same name', () => {
    const reader = new ReplyReader();
    reader.push(Buffer.from('HTTP/1.1 401 x\r\nWWW-Authenticate: Basic\r\nwww-authenticate: Digest\r\n\r\n'));
    expect(reader.values('www-authenticate')).toEqual(['Basic', 'Digest']);
  });

  it('takes a chunk without end of its first line as data', () => {
    const reader = new ReplyReader();
    reader.push(Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;'));
    let length = 0;
    for (let count = 0; count < 10; count += 1) {
      for (const bytes of reader.push(Buffer.alloc(1_000, 'x'))) length += bytes.length;
    }
    expect(length, 'bytes that are not kept').toBeGreaterThan(9_000);
  });

  it('fails at a head without end', () => {
    const line = `X: ${'a'.repeat(1_000)}\r\n`;
    expect(() => read(`HTTP/1.1 200 OK\r\n${line.repeat(70)}`, 4_096)).toThrow(/64\u00a0KB of HTTP headers/);
    expect(() => read('a'.repeat(70_000), 4_096)).toThrow(/64\u00a0KB of HTTP headers/);
  });

  it('reads damaged replies, the same in any pieces', () => {
    const valid = Buffer.from(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`);
    fc.assert(
      fc.property(mutated(valid), fc.integer({ min: 1, max: 30 }), (bytes, size) => {
        const text = bytes.toString('latin1');
        expect(read(text, size)).toEqual(read(text));
      }),
      seeded(500),
    );
  });
});

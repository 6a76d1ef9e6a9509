import { describe, expect, it } from 'vitest';
import { typeOfParts, VideoParts } from './video-parts.ts';

const part = (type: string, body: string, nl = '\r\n'): string =>
  ['--data-boundary--', `Content-Type: ${type}`, `Content-Length: ${body.length}`, 'X-FrameType: 0', '', body, ''].join(
    nl,
  );

function read(stream: string, size: number): string {
  const parts = new VideoParts();
  let video = '';
  for (let at = 0; at < stream.length; at += size) {
    for (const bytes of parts.push(Buffer.from(stream.slice(at, at + size), 'latin1')))
      video += bytes.toString('latin1');
  }
  return video;
}

describe('VideoParts', () => {
  it.each([
    ['CRLF', '\r\n'],
    ['LF', '\n'],
  ])('joins the video in parts with %s, and leaves out audio', (_name, nl) => {
    const stream = [
      part('audio/g711u', '\x7f\n\nContent-Length: 5\n\n', nl),
      part('video/x-h264', '\0\0\0\x01g--data-boundary--\r\n', nl),
      part('video/x-h264', '\0\0\0\x01e', nl),
    ].join('');
    for (const size of [1, 7, 1_000]) {
      expect(read(stream, size), `in chunks of ${size}`).toBe('\0\0\0\x01g--data-boundary--\r\n\0\0\0\x01e');
    }
  });

  it('finds the next part behind other data', () => {
    const stream = `${'x'.repeat(10_000)}\r\n${part('video/h265', 'abc')}\r\n\r\n${part('video/h265', 'def')}`;
    expect(read(stream, 999)).toBe('abcdef');
  });

  it('fails at data without parts', () => {
    const parts = new VideoParts();
    const noise = Buffer.alloc(1 << 20, 'a: b');
    expect(() => {
      for (let count = 0; count < 40; count += 1) parts.push(noise);
    }).toThrow(/no video/);
  });
});

it('the type of parts is that of the first picture or video', () => {
  expect(typeOfParts(Buffer.from(part('audio/basic', 'abc') + part('video/x-h264', 'abc')))).toBe('video/x-h264');
  expect(typeOfParts(Buffer.from('--b\r\nContent-type:image/jpeg;size=3\r\n'))).toBe('image/jpeg');
  expect(typeOfParts(Buffer.from('--b\r\nContent-Type: image/jp'))).toBeNull();
});

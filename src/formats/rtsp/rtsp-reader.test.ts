import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutated, seeded } from '../../../test/support/mutations.ts';
import { RtspReader } from './rtsp-reader.ts';

const text = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1');

/** An RTP packet on a channel, with its header of four bytes. */
function packet(channel: number, number: number, length = 40): Buffer {
  const bytes = Buffer.alloc(4 + length, number);
  bytes[0] = 0x24;
  bytes[1] = channel;
  bytes.writeUInt16BE(length, 2);
  bytes[4] = 0x80;
  return bytes;
}

/** Reads bytes in pieces of this size, and returns a word for each item. */
function read(bytes: Buffer, size = 1_000_000, channels = [0, 1]): string[] {
  const reader = new RtspReader();
  for (const channel of channels) reader.channels.add(channel);
  const words: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    for (const item of reader.push(Buffer.from(bytes.subarray(at, at + size)))) {
      if (item.kind === 'packet') words.push(`packet ${item.channel} ${item.bytes[10]}`);
      else if (item.kind === 'reply') words.push(`reply ${item.status} ${item.body.length}`);
      else words.push(item.kind === 'request' ? `request ${item.method}` : 'other');
    }
  }
  return words;
}

const ok = text('RTSP/1.0 200 OK', 'CSeq: 1', '', '');

describe('RtspReader', () => {
  it.each([1, 3, 7, 1_000])('reads replies, requests, bodies and media, in pieces of %d', (size) => {
    const session = Buffer.concat([
      text('RTSP/1.0 200 OK', 'CSeq: 1', 'Content-Length: 21', '', 'RTSP/1.0 302 a', 'b: c', ''),
      packet(0, 1, 300),
      text('OPTIONS rtsp://camera/ RTSP/1.0', 'CSeq: 3', '', ''),
      packet(1, 2),
      Buffer.from('RTSP/1.0 404\n\n'),
    ]);
    expect(read(session, size)).toEqual(['reply 200 21', 'packet 0 1', 'request OPTIONS', 'packet 1 2', 'reply 404 0']);
  });

  it.each([
    ['zeros', Buffer.alloc(4)],
    ['an empty line', text('', '')],
    ['text', Buffer.from('camera says hello')],
    ['text in capitals', Buffer.from('HELLO FROM CAMERA')],
    ['a line of text', Buffer.from('ERROR 17\r\n')],
    ['a part of a packet', packet(0, 9, 200).subarray(60)],
    ['the start of a packet', packet(0, 9, 30).subarray(0, 20)],
    ['a packet on another channel', packet(6, 9)],
    ['a dollar', Buffer.from('$')],
    ['bytes that look like a long packet', Buffer.from([0x24, 9, 0xff, 0xff, 1, 2, 3])],
  ])('reads on after %s between packets', (_what, junk) => {
    for (const size of [1, 5, 1_000_000]) {
      const packets = Array.from({ length: 8 }, (_, at) => packet(0, at + 2));
      const words = read(Buffer.concat([ok, packet(0, 1), junk, ...packets]), size);
      expect(words.slice(0, 2)).toEqual(['reply 200 0', 'packet 0 1']);
      expect(words.slice(-6)).toEqual([4, 5, 6, 7, 8, 9].map((each) => `packet 0 ${each}`));
    }
  });

  it.each([
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['an SSH server', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a page', '<html>\n'],
    ['TLS', '\x15\x03\x01\x00\x02\x02\x28'],
    ['a status of four digits', 'RTSP/1.0 0302 Found\r\n\r\n'],
  ])('tells %s from an RTSP server', (_what, bytes) => {
    expect(read(Buffer.from(bytes, 'latin1'), 1_000, [])).toContain('other');
  });

  it.each([
    ['headers', 'RTSP/1.0 200 OK\r\n'.padEnd(70_000, 'x'), /headers of more than 64\u00a0KB/],
    ['a body', 'RTSP/1.0 200 OK\r\nContent-Length: 1500000000\r\n\r\n', /a description of more than 1024\u00a0KB/],
  ])('refuses %s beyond the limits before it arrives', (_what, bytes, words) => {
    expect(() => read(Buffer.from(bytes, 'latin1'), 1_000, [])).toThrow(words);
  });

  it('reads damaged data without failing, and in linear time', () => {
    const session = Buffer.concat([ok, ...Array.from({ length: 20 }, (_, at) => packet(at % 2, at, 100))]);
    fc.assert(
      fc.property(mutated(session), (bytes) => {
        read(bytes, 50);
      }),
      seeded(300),
    );
    const started = performance.now();
    read(Buffer.concat([ok, Buffer.alloc(2_000_000, '$\0\xff\xff\x80')]), 10_000);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

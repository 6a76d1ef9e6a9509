import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutated, noise, seeded } from '../../../test/support/mutations.ts';
import { type ClientItem, RequestReader, requestLimits } from './request-reader.ts';

const describeRequest = 'DESCRIBE rtsp://h/front RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n';
const parameter = 'SET_PARAMETER rtsp://h/front RTSP/1.0\r\nCSeq: 3\r\nContent-Length: 5\r\n\r\nhello';
const report = Buffer.concat([Buffer.from([0x24, 1, 0, 8]), Buffer.from('80c9000112345678', 'hex')]);
const session = Buffer.concat([Buffer.from(describeRequest), report, Buffer.from(parameter), report]);

function read(bytes: Buffer, step = bytes.length): ClientItem[] {
  const reader = new RequestReader();
  const items: ClientItem[] = [];
  for (let at = 0; at < bytes.length; at += step) items.push(...reader.push(bytes.subarray(at, at + step)));
  return items;
}

const shown = (item: ClientItem) =>
  item.kind === 'request'
    ? `${item.method} ${item.body.toString()}`
    : item.kind === 'bad'
      ? item.status
      : `${item.channel} ${item.bytes.toString('hex')}`;
const whole = ['DESCRIBE ', '1 80c9000112345678', 'SET_PARAMETER hello', '1 80c9000112345678'];

describe('RequestReader', () => {
  it.each([1, 2, 3, 7, 1_000])('splits requests and packets that come in pieces of %d bytes', (step) => {
    expect(read(session, step).map(shown)).toEqual(whole);
  });

  it('takes lines that end in LF alone, and empty lines between requests', () => {
    const bytes = Buffer.from(`\r\n\n${describeRequest.replaceAll('\r', '')}\r\n\r\n${parameter}\r\n`);
    expect(read(bytes, 5).map(shown)).toEqual(['DESCRIBE ', 'SET_PARAMETER hello']);
  });

  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\nHost: h\r\n\r\n', 400],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00', 400],
    ['a reply', 'RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n', 400],
    ['RTSP 2.0', 'DESCRIBE rtsp://h/ RTSP/2.0\r\nCSeq: 1\r\n\r\n', 505],
    ['a head without end', `DESCRIBE rtsp://h/ RTSP/1.0\r\nX: ${'x'.repeat(requestLimits.head)}`, 413],
    ['a body that is too long', 'ANNOUNCE rtsp://h/ RTSP/1.0\r\nContent-Length: 99999\r\n\r\n', 413],
    ['a length that is no number', 'ANNOUNCE rtsp://h/ RTSP/1.0\r\nContent-Length: -1\r\n\r\n', 400],
    ['a packet that is too long', '$\x00\xff\xff', 413],
  ])('refuses %s, and then ignores everything', (_what, text, status) => {
    const items = read(Buffer.from(text + describeRequest, 'latin1'), 50);
    expect(items.map(shown)).toEqual([status]);
  });

  it('reads damaged input the same in any pieces, and never throws', () => {
    let requests = 0;
    fc.assert(
      fc.property(fc.oneof(mutated(session), noise()), fc.integer({ min: 1, max: 40 }), (bytes, step) => {
        const items = read(bytes);
        expect(read(bytes, step).map(shown)).toEqual(items.map(shown));
        requests += items.filter(({ kind }) => kind === 'request').length;
      }),
      seeded(3_000),
    );
    expect(requests).toBeGreaterThan(1_000);
  });

  it('keeps up with a head that comes byte by byte', () => {
    const bytes = Buffer.from(`DESCRIBE rtsp://h/ RTSP/1.0\r\n${'A: b\r\n'.repeat(1_300)}\r\n`);
    const start = performance.now();
    expect(read(bytes, 1).map(shown)).toEqual(['DESCRIBE ']);
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});

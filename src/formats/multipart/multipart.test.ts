import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MultipartReader } from '../../../test/support/multipart-reader.ts';
import { multipartOpening, multipartPart, multipartType } from './multipart.ts';

const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xd9]);

/** The same numbers every time (Lehmer). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

describe('multipart', () => {
  it('has an unquoted boundary, which is the first line of the body', () => {
    const token = /^multipart\/x-mixed-replace;boundary=([^-"\s][^"\s]*)$/.exec(multipartType)?.[1];
    expect(multipartOpening).toBe(`--${token}\r\n`);
  });

  it('puts headers, image and next boundary in one buffer', () => {
    const [head, rest] = multipartPart(jpeg, 1_764_278_400_007).toString('latin1').split('\r\n\r\n');
    expect(head).toBe('Content-Type: image/jpeg\r\nContent-Length: 4\r\nX-Timestamp: 1764278400.007');
    expect(rest).toBe('\xff\xd8\xff\xd9\r\n--porthole-frame\r\n');
  });

  it.each([
    [1_764_278_400_000, '1764278400.000'],
    [1_764_278_399_999.6, '1764278400.000'],
    [1_764_278_400_007.2, '1764278400.007'],
    [999_999_999_123, '0999999999.123'],
  ])('writes the time %d as %s', (capturedAt, written) => {
    const part = multipartPart(jpeg, capturedAt).toString('latin1');
    expect(part.split('\r\n')[2]).toBe(`X-Timestamp: ${written}`);
  });

  it('is read by a strict reader, whatever its sizes and times are and however it is cut up', async () => {
    const random = randomNumbers(16);
    const sent = Array.from({ length: 200 }, () => ({
      bytes: Buffer.from(Array.from({ length: 1 + random(random(2) === 0 ? 20 : 20_000) }, () => random(256))),
      capturedAt: random(4_102_444) * 1_000_000 + random(1_000_000),
    }));
    const body = Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: ${multipartType}\r\n\r\n${multipartOpening}`),
      ...sent.map(({ bytes, capturedAt }) => multipartPart(bytes, capturedAt)),
    ]);
    const chunks = function* (): Generator<Buffer> {
      for (let at = 0; at < body.length;) {
        const length = 1 + random(50_000);
        yield body.subarray(at, at + length);
        at += length;
      }
    };
    // A stream that is read like a client's socket.
    const reader = new MultipartReader(Readable.from(chunks()) as Socket);
    await reader.readHead();
    for (const { bytes, capturedAt } of sent) {
      const part = await reader.next();
      expect(part?.bytes.equals(bytes)).toBe(true);
      expect(part?.headers.get('content-length')).toBe(String(bytes.length));
      expect(Math.round(Number(part?.headers.get('x-timestamp')) * 1_000)).toBe(capturedAt);
    }
    expect(await reader.next()).toBeNull();
  });
});

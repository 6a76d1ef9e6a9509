import { describe, expect, it } from 'vitest';
import { monotonicNow } from '../../domain/clock.ts';
import type { Frame } from '../../domain/frame.ts';
import { multipartHead, multipartWire } from './multipart.ts';
import { PartHead } from '../../formats/multipart/part-head.ts';

const frame: Frame = {
  bytes: Buffer.from([0xff, 0xd8, 0xff, 0xd9]),
  sequence: 1,
  capturedAt: monotonicNow(),
  keyframe: true,
  width: 2,
  height: 2,
};

describe('multipart', () => {
  it('begins with an unquoted boundary in the head and a boundary as the first line of the body', () => {
    const [head = '', body] = multipartHead('1.1').split('\r\n\r\n');
    const token = /^Content-Type: multipart\/x-mixed-replace;boundary=([^-"\s][^"\s]*)$/m.exec(head)?.[1];
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(body).toBe(`--${token}\r\n`);
    expect(head).toMatch(/^Connection: close$/m);
    expect(head).not.toMatch(/transfer-encoding/i);
  });

  it('puts headers, picture and next boundary in one buffer, made once', () => {
    const part = multipartWire.bytes(frame);
    const [head, rest] = part.toString('latin1').split('\r\n\r\n');
    expect(head).toMatch(/^Content-Type: image\/jpeg\r\nContent-Length: 4\r\nX-Timestamp: \d{10}\.\d{3}$/);
    expect(rest).toBe('\xff\xd8\xff\xd9\r\n--porthole-frame\r\n');
    expect(multipartWire.bytes(frame)).toBe(part);
  });

  it.each([1, 9, 10, 99_999, 100_000, 1_234_567, 7])('says how long a picture of %i bytes is', (length) => {
    const picture = { ...frame, bytes: Buffer.alloc(length) };
    const part = multipartWire.bytes(picture);
    const [head = ''] = part.toString('latin1').split('\r\n\r\n');
    expect(head.split('\r\n')[1]).toBe(`Content-Length: ${length}`);
    expect(part.length).toBe(head.length + '\r\n\r\n'.length + length + '\r\n--porthole-frame\r\n'.length);
  });

  it.each([
    [1_764_278_400_000, '1764278400.000'],
    [1_764_278_399_999.6, '1764278400.000'],
    [1_764_278_400_007.2, '1764278400.007'],
    [999_999_999_123, '0999999999.123'],
  ])('writes the time %d as %s', (capturedAt, words) => {
    const head = new PartHead();
    const bytes = Buffer.alloc(head.lengthFor(5));
    head.write(bytes, 5, capturedAt);
    expect(bytes.toString('latin1').split('\r\n')[2]).toBe(`X-Timestamp: ${words}`);
  });

  it('says when the picture was captured, by the wall clock', () => {
    const stamp = /X-Timestamp: ([\d.]+)/.exec(multipartWire.bytes(frame).toString('latin1'))?.[1];
    expect(Math.abs(Number(stamp) * 1_000 - Date.now())).toBeLessThan(60_000);
  });

  it('lets no header break out of its line', () => {
    expect(multipartHead('1.0', { 'X-Name': 'a\r\nSet-Cookie: b' })).not.toMatch(/^Set-Cookie/m);
  });
});

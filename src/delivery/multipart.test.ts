import { describe, expect, it } from 'vitest';
import { monotonicNow } from '../domain/clock.ts';
import type { Frame } from '../domain/frame.ts';
import { multipartHead, multipartPart } from './multipart.ts';

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
    const part = multipartPart(frame);
    const [head, rest] = part.toString('latin1').split('\r\n\r\n');
    expect(head).toMatch(/^Content-Type: image\/jpeg\r\nContent-Length: 4\r\nX-Timestamp: \d{10}\.\d{3}$/);
    expect(rest).toBe('\xff\xd8\xff\xd9\r\n--porthole-frame\r\n');
    expect(multipartPart(frame)).toBe(part);
  });

  it('says when the picture was captured, by the wall clock', () => {
    const stamp = /X-Timestamp: ([\d.]+)/.exec(multipartPart(frame).toString('latin1'))?.[1];
    expect(Math.abs(Number(stamp) * 1_000 - Date.now())).toBeLessThan(60_000);
  });

  it('lets no header break out of its line', () => {
    expect(multipartHead('1.0', { 'X-Name': 'a\r\nSet-Cookie: b' })).not.toMatch(/^Set-Cookie/m);
  });
});

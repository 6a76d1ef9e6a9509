import { expect, it } from 'vitest';
import { responseHead } from './response-head.ts';

it('ends with the connection, not by a length or chunks', () => {
  const head = responseHead('1.1', { 'Content-Type': 'video/mp4' });
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(head).toMatch(/^Content-Type: video\/mp4$/m);
  expect(head).toMatch(/^Connection: close$/m);
  expect(head).not.toMatch(/transfer-encoding|content-length/i);
  expect(head.endsWith('\r\n\r\n')).toBe(true);
});

it('lets no header break out of its line', () => {
  expect(responseHead('1.0', { 'X-Name': 'a\r\nSet-Cookie: b' })).not.toMatch(/^Set-Cookie/m);
});

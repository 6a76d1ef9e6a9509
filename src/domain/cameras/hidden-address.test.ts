import { describe, expect, it } from 'vitest';
import { hiderOf } from './hidden-address.ts';
import { parseSource } from './source.ts';

describe('hiderOf', () => {
  it.each([
    ['rtsp://admin:hunter2@cam/stream', 'Digest username="admin" password hunter2'],
    ['rtsp://admin:hunt%40er2@cam/stream', 'hunt@er2 and hunt%40er2'],
    ['rtsp://hunter2-token@cam/', 'no such user: hunter2-token'],
    ['rtsp://cam/user=admin_password=hunter2_channel=1', '404 /user=admin_password=hunter2_channel=1'],
    ['rtsp://cam/user=admin_password=hunter2_channel=1', 'not found: user=admin_password=hunter2_channel=1'],
    ['rtsp://cam/user=admin&password=hunter2&channel=1', 'bad password "hunter2"'],
    ['rtsp://cam/user=admin_password=hunter2', 'bad password "hunter2"'],
    ['http://cam/video?access_token=hunter2&x=1', 'invalid hunter2'],
    ['http://cam/video?hunter2-hunter2', 'invalid hunter2-hunter2'],
    ['http://cam/hunter2-hunter2/live', 'Cannot GET /hunter2-hunter2/live'],
    ['http://cam/hunter2', 'Cannot GET /hunter2'],
    ['test:', "Input #0, rtsp, from 'rtsp://admin:hunter2@cam/stream':"],
    ['test:', 'Location: http://other/video?t=hunter2, no'],
    ['test:', '401 for passwd=hunter2'],
  ])('takes the secrets of %s out of: %s', (source, text) => {
    expect(hiderOf(parseSource(source)).line(text)).not.toMatch(/hunt.*er2/);
  });

  it('leaves other words, hosts and the help of our own sentences', () => {
    const { line, sentence } = hiderOf(parseSource('rtsp://admin:hunter2@cam/live?width=640&channel=1'));
    expect(line('cam: 640x480, stream 1 of admin ended')).toBe('cam: 640x480, stream 1 of admin ended');
    expect(line('rtsp://cam:554/x failed')).toBe('rtsp://cam:554/… failed');
    const help = 'Put them into its address: rtsp://name:password@host/path.';
    expect(sentence(help)).toBe(help);
    expect(sentence('The camera says "hunter2".')).toBe('The camera says "…".');
  });
});

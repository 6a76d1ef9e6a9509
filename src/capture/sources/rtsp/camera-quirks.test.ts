import { describe, expect, it } from 'vitest';
import { CameraQuirks } from './camera-quirks.ts';

const configured = 'rtsp://cam:pa@55@camera:8554/live?channel=1';

describe('CameraQuirks', () => {
  it.each([
    ['rtsp://camera:8554/other?x=1', 'rtsp://cam:pa@55@camera:8554/other?x=1'],
    ['RTSP://Camera:8554/other#top', 'rtsp://cam:pa@55@camera:8554/other'],
    ['rtsp://me:secret@camera:8554/other', 'rtsp://cam:pa@55@camera:8554/other'],
    ['rtsp://camera:8554/live?channel=1', configured],
    ['rtsp://camera:554/other', configured],
    ['rtsp://camera/other', configured],
    ['rtsp://10.0.0.1:8554/other', configured],
    ['rtsp://camera:8554@10.0.0.1/other', configured],
    ['rtsp://10.0.0.1\\@camera:8554/other', 'rtsp://cam:pa@55@camera:8554/other'],
    ['rtsps://camera:8554/other', configured],
    ['http://camera:8554/other', configured],
    ['/other', configured],
    [undefined, configured],
  ])('after a redirect to %j asks %j', (location, expected) => {
    const quirks = new CameraQuirks(configured);
    quirks.redirect(location);
    expect(quirks.url).toBe(expected);
    expect(quirks.count).toBe(expected === configured ? 0 : 1);
  });

  it('follows three redirects', () => {
    const quirks = new CameraQuirks(configured);
    for (let at = 0; at < 10; at += 1) quirks.redirect(`rtsp://camera:8554/${at}`);
    expect(quirks.url).toMatch(/\/2$/);
  });
});

import { expect, it } from 'vitest';
import { followRedirect } from './redirect.ts';

const rtsp = 'rtsp://cam:pa55@camera/live?channel=1';
const http = 'http://cam:pa55@camera:8080/video';

it.each([
  [rtsp, 'rtsp://camera/other?x=1', 'rtsp://cam:pa55@camera/other?x=1'],
  [rtsp, ' RTSP://camera:554/other#top ', 'rtsp://cam:pa55@camera/other'],
  [rtsp, 'rtsp://me:secret@camera/other', 'rtsp://cam:pa55@camera/other'],
  [rtsp, '/other', 'rtsp://cam:pa55@camera/other'],
  [rtsp, 'rtsp://camera/live?channel=1', null],
  [rtsp, 'rtsp://camera:8554/other', null],
  [rtsp, 'rtsp://10.0.0.1/other', null],
  [rtsp, 'rtsp://camera:554@10.0.0.1/other', null],
  [rtsp, 'rtsps://camera/other', null],
  [rtsp, 'http://camera/other', null],
  [rtsp, '//10.0.0.1/other', null],
  [rtsp, undefined, null],
  [http, '../mjpg/video.mjpg?a=b', 'http://cam:pa55@camera:8080/mjpg/video.mjpg?a=b'],
  [http, 'http://Camera:8080/other', 'http://cam:pa55@camera:8080/other'],
  [http, 'http://camera/other', null],
  [http, 'https://camera:8080/other', null],
  [http, '\\\\10.0.0.1\\other', null],
  [http, 'http://[', null],
])('a redirect of %s to %j leads to %j', (url, location, expected) => {
  expect(followRedirect(url, location)).toBe(expected);
});

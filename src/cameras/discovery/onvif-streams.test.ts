import { expect, it } from 'vitest';
import { chooseStreams } from './onvif-streams.ts';

const streams = (...all: readonly (readonly [uri: string, width: number])[]) =>
  all.map(([uri, width]) => ({ uri, width }));

it('the largest stream is the main one, and one of about 640 pixels the sub-stream, both on the host of the device', () => {
  const all = streams(
    ['rtsp://old:554/2', 640],
    ['rtsp://user:pw@old/1?a=1', 2560],
    ['rtsp://old/3', 320],
    ['rtsp://old/4', 1920],
  );
  expect(chooseStreams(all, '10.0.0.5')).toEqual({ main: 'rtsp://10.0.0.5/1?a=1', sub: 'rtsp://10.0.0.5:554/2' });
});

it('a device with one stream, or several of one size, has no sub-stream', () => {
  expect(chooseStreams(streams(['RTSPS://[fd00::1]:322/1', 0]), 'cam')).toEqual({
    main: 'rtsps://cam:322/1',
    sub: null,
  });
  expect(chooseStreams(streams(['rtsp://a/1', 640], ['rtsp://a/2', 640]), 'cam')).toEqual({
    main: 'rtsp://cam/1',
    sub: null,
  });
});

it('other addresses are no streams', () => {
  expect(
    chooseStreams(streams(['file:///etc/passwd', 640], ['http://a/1', 640], ['rtsp://a/b c', 640]), 'cam'),
  ).toBeNull();
  expect(chooseStreams([], 'cam')).toBeNull();
});

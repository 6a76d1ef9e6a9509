import { describe, expect, it } from 'vitest';
import { cameraMakers } from './camera-makers.ts';
import { parseSource } from './source.ts';
import { likelySubstream, parseSubstream, substreamToStore } from './substream.ts';

const main = parseSource('rtsp://user:p%40ss@cam.local:8554/stream1?a=1');

describe('the sub-stream of a camera', () => {
  it.each([
    ['/stream2?b=2', 'rtsp://cam.local:8554/stream2?b=2'],
    ['  /stream2 ', 'rtsp://cam.local:8554/stream2'],
    ['rtsp://cam.local/stream2', 'rtsp://cam.local/stream2'],
    ['http://cam.local/video.mjpg', 'http://cam.local/video.mjpg'],
    ['rtsp://other:pw@cam.local/stream2', 'rtsp://other:pw@cam.local/stream2'],
  ])('%s is stored as %s', (written, stored) => {
    expect(substreamToStore(written, undefined, main)).toBe(stored);
  });

  it('has the login of the main stream on the same host, and on no other', () => {
    const url = (text: string) => parseSubstream(text, main).url;
    expect(url('/stream2')).toBe('rtsp://user:p%40ss@cam.local:8554/stream2');
    expect(url('http://CAM.local/sub')).toBe('http://user:p%40ss@CAM.local/sub');
    expect(url('rtsp://own@cam.local/stream2')).toBe('rtsp://own@cam.local/stream2');
    expect(url('rtsp://elsewhere/stream2')).toBe('rtsp://elsewhere/stream2');
    expect(url('rtsp://cam.local.evil.example/stream2')).toBe('rtsp://cam.local.evil.example/stream2');
    expect(parseSubstream('/sub', parseSource('rtsp://cam/main')).url).toBe('rtsp://cam/sub');
  });

  it('is kept in its shown form, and removed by an empty text', () => {
    const stored = 'rtsp://cam.local:8554/secret';
    expect(substreamToStore('rtsp://cam.local:8554/…', stored, main)).toBe(stored);
    expect(substreamToStore(' ', stored, main)).toBeNull();
    expect(substreamToStore(null, stored, main)).toBeNull();
  });

  it.each([
    ['/dev/video0', '/sub'],
    ['test:', 'rtsp://cam/sub'],
    ['rtsp://cam/main', 'test:'],
    ['rtsp://cam/main', '//evil'],
    ['rtsp://cam/main', 'rtsp://cam/…'],
    ['rtsp://cam/main', '/…'],
    ['rtsp://cam/main', 'not an address'],
    ['rtsp://cam/main', 'rtsp://cam/a b'],
  ])('of %s can not be %s', (source, written) => {
    expect(() => substreamToStore(written, undefined, parseSource(source))).toThrow(
      expect.objectContaining({ code: 'source_invalid', field: 'substream' }),
    );
  });

  it.each([
    ['rtsp://a:b@10.0.0.5:554/Streaming/Channels/101', 'rtsp://10.0.0.5:554/Streaming/Channels/102'],
    ['rtsp://10.0.0.5/Streaming/Channels/1601', 'rtsp://10.0.0.5/Streaming/Channels/1602'],
    ['rtsp://10.0.0.5/cam/realmonitor?channel=3&subtype=0', 'rtsp://10.0.0.5/cam/realmonitor?channel=3&subtype=1'],
    ['rtsp://10.0.0.5:554/h265Preview_01_main', 'rtsp://10.0.0.5:554/h264Preview_01_sub'],
    ['rtsp://10.0.0.5:554/Preview_02_main', 'rtsp://10.0.0.5:554/h264Preview_02_sub'],
    ['rtsp://10.0.0.5:554/stream1', 'rtsp://10.0.0.5:554/stream2'],
    ['rtsp://10.0.0.5:88/videoMain', 'rtsp://10.0.0.5:88/videoSub'],
    ['rtsp://10.0.0.5:554/11', 'rtsp://10.0.0.5:554/12'],
    ['rtsp://10.0.0.5:554/live', null],
    ['http://10.0.0.5:81/stream', null],
  ])('of %s is probably %s', (source, substream) => {
    expect(likelySubstream(source)).toBe(substream);
  });

  it('that is likely is another address than each main stream', () => {
    for (const address of cameraMakers.flatMap(({ addresses }) => addresses)) {
      expect(likelySubstream(address)).not.toBe(address);
    }
  });
});

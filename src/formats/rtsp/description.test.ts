import { describe, expect, it } from 'vitest';
import { readDescription } from './description.ts';

const localUrl = 'rtsp://127.0.0.1:9';
const url = 'rtsp://camera/live?channel=1';

function describeWith(lines: readonly string[], base?: string) {
  return readDescription(['v=0', 's=x', ...lines].join('\r\n'), { url, base, localUrl, audio: true });
}

const video = (control: string): string[] => ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', `a=control:${control}`];

describe('readDescription', () => {
  it.each([
    ['a relative URL', 'trackID=0', 'rtsp://camera/live/', 'rtsp://camera/live/trackID=0'],
    ['a base without slash', 'trackID=0', 'rtsp://camera/live', 'rtsp://camera/live/trackID=0'],
    ['no base', 'trackID=0', undefined, 'rtsp://camera/live?channel=1/trackID=0'],
    ['an empty base', 'trackID=0', '', 'rtsp://camera/live?channel=1/trackID=0'],
    ['a base without scheme', 'trackID=0', '192.0.2.1:554/live/', 'rtsp://camera/live?channel=1/trackID=0'],
    ['another host as base', 'trackID=0', 'rtsp://192.0.2.1/a/', 'rtsp://192.0.2.1/a/trackID=0'],
    ['an absolute URL', 'rtsp://192.0.2.1/t0', 'rtsp://camera/live/', 'rtsp://192.0.2.1/t0'],
    ['no URL', '*', 'rtsp://camera/live/', 'rtsp://camera/live/'],
  ])('names the track as the server expects with %s', (_what, control, base, expected) => {
    expect(describeWith(video(control), base).tracks[0]?.urls[0]).toBe(expected);
  });

  it('also tries the host that was asked', () => {
    const { tracks } = describeWith(video('rtsp://192.0.2.1:8554/t0'));
    expect(tracks[0]?.urls).toContain('rtsp://camera/t0');
  });

  it('keeps one video and one audio, and shows no URL or address of the camera', () => {
    const { text, tracks } = describeWith([
      'c=IN IP4 239.0.0.1',
      'a=control:rtsp://192.0.2.1/all',
      ...video('rtsp://192.0.2.1/t0'),
      ...video('t1'),
      'm=audio 0 RTP/AVP 0',
      'a=sendonly',
      'm=audio 0 RTP/AVP 8',
      'a=control:t3',
      'm=application 0 RTP/AVP 107',
    ]);
    expect(tracks.map(({ type, encoding }) => [type, encoding])).toEqual([
      ['video', 'H264'],
      ['audio', 'PCMA'],
    ]);
    expect(text).toContain('m=audio 0 RTP/AVP 8\r\na=control:rtsp://127.0.0.1:9/1\r\n');
    expect(text.match(/rtsp:\/\/[^/]*/g)).toEqual([localUrl, localUrl]);
    expect(text).not.toContain('239.0.0.1');
  });

  it('takes the video and audio of a camera that says it wants to receive both', () => {
    const { tracks } = describeWith([
      ...video('t0'),
      'a=sendonly',
      'm=audio 0 RTP/AVP 8',
      'a=sendonly',
      'a=control:t1',
    ]);
    expect(tracks.map(({ type }) => type)).toEqual(['video', 'audio']);
  });

  it('reads lines that end in LF or CR alone', () => {
    for (const end of ['\n', '\r']) {
      const sdp = ['v=0', ...video('t0')].join(end);
      expect(readDescription(sdp, { url, base: undefined, localUrl, audio: true }).tracks).toHaveLength(1);
    }
  });
});

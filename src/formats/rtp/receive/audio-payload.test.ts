import { describe, expect, it } from 'vitest';
import type { DescribedTrack } from '../../rtsp/description.ts';
import { readDescription } from '../../rtsp/description.ts';
import { audioPayload } from './audio-payload.ts';
import { packet } from './testing.ts';

function described(...lines: readonly string[]): DescribedTrack {
  const text = ['v=0', 'm=video 0 RTP/AVP 96', ...lines].join('\r\n');
  const options = { url: 'rtsp://camera/live', base: undefined, localUrl: '', audio: true };
  return readDescription(text, options).tracks[1] as DescribedTrack;
}
const aac = (fmtp: string): DescribedTrack =>
  described('m=audio 0 RTP/AVP 97', 'a=rtpmap:97 MPEG4-GENERIC/16000/2', `a=fmtp:97 ${fmtp}`);
const high = 'streamtype=5;mode=AAC-hbr;config=1410;SizeLength=13;IndexLength=3;IndexDeltaLength=3';

function split(
  track: DescribedTrack,
  ...payloads: readonly Buffer[]
): [text: string, timestamp: number, samples: number][] {
  const frames: [string, number, number][] = [];
  for (const [at, payload] of payloads.entries()) {
    const marker = at === payloads.length - 1;
    audioPayload(track)?.frames.push(packet(payload, { timestamp: 100, marker }), false, (bytes, timestamp, samples) =>
      frames.push([bytes.toString('hex'), timestamp, samples]),
    );
  }
  return frames;
}

describe('audioPayload', () => {
  it('knows G.711 without and with a description', () => {
    expect(audioPayload(described('m=audio 0 RTP/AVP 8'))?.audio).toMatchObject({
      codec: 'pcma',
      rate: 8_000,
      channels: 1,
    });
    const track = described('m=audio 0 RTP/AVP 97', 'a=rtpmap:97 pcmu/16000/2');
    expect(audioPayload(track)?.audio).toMatchObject({ codec: 'pcmu', rate: 16_000, channels: 2 });
    expect(split(track, Buffer.from('01020304', 'hex'))).toEqual([['01020304', 100, 2]]);
  });

  it('knows Opus', () => {
    const track = described('m=audio 0 RTP/AVP 97', 'a=rtpmap:97 opus/48000/2');
    expect(audioPayload(track)?.audio).toEqual({ codec: 'opus', rate: 48_000, channels: 2, config: null });
  });

  it('splits a packet of several AAC frames', () => {
    expect(audioPayload(aac(high))?.audio).toMatchObject({
      codec: 'aac',
      rate: 16_000,
      config: Buffer.from('1410', 'hex'),
    });
    // Two headers of 16 bits: 13 bits of size and 3 of index.
    expect(split(aac(high), Buffer.from('0020 0010 0018 aabb ccddee'.replaceAll(' ', ''), 'hex'))).toEqual([
      ['aabb', 100, 2_048],
      ['ccddee', 1_124, 1_024],
    ]);
  });

  it('joins an AAC frame from several packets', () => {
    const frames: string[] = [];
    const receiver = audioPayload(aac(high));
    for (const [marker, text] of [
      [false, '00100020aabb'],
      [true, '00100020ccdd'],
    ] as const) {
      receiver?.frames.push(packet(Buffer.from(text, 'hex'), { timestamp: 5, marker }), false, (bytes) =>
        frames.push(bytes.toString('hex')),
      );
    }
    expect(frames).toEqual(['aabbccdd']);
  });

  it('assumes AAC-LC without a configuration', () => {
    expect(audioPayload(aac('mode=AAC-hbr'))?.audio.config).toEqual(Buffer.from('1410', 'hex'));
  });

  it.each(['a=rtpmap:97 G726-32/8000', 'a=rtpmap:97 MP4A-LATM/16000', 'a=rtpmap:97 opus'])(
    'returns null or a format for %s',
    (map) => {
      const format = audioPayload(described('m=audio 0 RTP/AVP 97', map));
      expect(format === null || format.audio.codec === 'opus').toBe(true);
    },
  );
});

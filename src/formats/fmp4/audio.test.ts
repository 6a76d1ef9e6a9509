import { createFile, MP4BoxBuffer } from 'mp4box';
import { describe, expect, it } from 'vitest';
import { type AudioCodec, samplesOf } from '../../domain/media/audio.ts';
import { audioFragment, audioInit } from './audio.ts';
import { initSegment } from './video.ts';

function parse(...parts: readonly Buffer[]) {
  const file = createFile();
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(Buffer.concat(parts)).buffer, 0));
  file.flush();
  return file;
}

const codecs: readonly (readonly [AudioCodec, string])[] = [
  ['aac', 'mp4a.40.2'],
  ['opus', 'Opus'],
];

describe('audioInit', () => {
  it.each(codecs)('tells another parser the codec %s, its rate and its channels', (codec, name) => {
    const [track] = parse(audioInit(codec)).getInfo().audioTracks;
    expect(track).toMatchObject({ codec: name, timescale: 48_000, audio: { sample_rate: 48_000, channel_count: 2 } });
  });
});

describe('audioFragment', () => {
  it.each(codecs)('writes one sample of %s that another parser finds', (codec) => {
    const starts = [24_000, 24_000 + samplesOf[codec], 2 ** 33 + 1];
    const bytes = Buffer.from('audio');
    const fragments = starts.map((start, index) => audioFragment(codec, { number: index + 1, start }, bytes));
    const file = parse(audioInit(codec), ...fragments);
    const samples = file.getTrackSamplesInfo(2);
    expect(samples.map((sample) => [sample.duration, sample.size, sample.is_sync])).toEqual(
      starts.map(() => [samplesOf[codec], 5, true]),
    );
    expect(file.moofs.map(({ trafs }) => trafs[0]?.tfdt.baseMediaDecodeTime)).toEqual(starts);
  });
});

describe('initSegment', () => {
  it('can hold an audio track as well as H.264', () => {
    const sets = {
      sps: Buffer.from('6742c01eda0280f6c044000003000400000300f03c58ba80', 'hex'),
      pps: Buffer.from('68ce0fc8', 'hex'),
    };
    const info = parse(initSegment(sets, { audio: 'aac' }) as Buffer).getInfo();
    expect(info.videoTracks.map(({ id }) => id)).toEqual([1]);
    expect(info.audioTracks.map(({ id, codec }) => [id, codec])).toEqual([[2, 'mp4a.40.2']]);
  });
});

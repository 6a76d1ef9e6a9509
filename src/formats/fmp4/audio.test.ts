import { createFile, MP4BoxBuffer } from 'mp4box';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../domain/frame.ts';
import type { AudioCodec } from '../../domain/audio.ts';
import { initSegment } from './video.ts';
import { Fmp4AudioTrack } from '../../outputs/mp4/fmp4-audio-track.ts';

function parse(...parts: readonly Buffer[]) {
  const file = createFile();
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(new Uint8Array(Buffer.concat(parts)).buffer, 0));
  file.flush();
  return file;
}

function piece(sequence: number, capturedAt: number, bytes = Buffer.from('sound')): Frame {
  return { bytes, sequence, capturedAt, keyframe: false, width: 0, height: 0 };
}

const codecs: readonly (readonly [AudioCodec, string, number])[] = [
  ['aac', 'mp4a.40.2', 1_024],
  ['opus', 'Opus', 960],
];

describe('sound in MP4', () => {
  it.each(codecs)('tells another parser of %s, its rate and its channels', (codec, name) => {
    const [track] = parse(new Fmp4AudioTrack(codec, 0).init).getInfo().audioTracks;
    expect(track).toMatchObject({ codec: name, timescale: 48_000, audio: { sample_rate: 48_000, channel_count: 2 } });
  });

  it.each(codecs)('of %s is a sample for each piece', (codec, _name, duration) => {
    const track = new Fmp4AudioTrack(codec, 1_000);
    const pieces = [piece(1, 1_500), piece(2, 1_500 + (duration / 48_000) * 1_000)];
    const file = parse(track.init, ...pieces.map((each) => track.fragment(each)));
    const samples = file.getTrackSamplesInfo(2);
    expect(samples.map((sample) => [sample.duration, sample.size, sample.is_sync])).toEqual([
      [duration, 5, true],
      [duration, 5, true],
    ]);
    const starts = file.moofs.map(({ trafs }) => trafs[0]?.tfdt.baseMediaDecodeTime);
    expect(starts).toEqual([24_000, 24_000 + duration]);
  });

  it('stands beside H.264 in one file', () => {
    const sets = {
      sps: Buffer.from('6742c01eda0280f6c044000003000400000300f03c58ba80', 'hex'),
      pps: Buffer.from('68ce0fc8', 'hex'),
    };
    const info = parse(initSegment(sets, 'aac') as Buffer).getInfo();
    expect(info.videoTracks.map(({ id }) => id)).toEqual([1]);
    expect(info.audioTracks.map(({ id, codec }) => [id, codec])).toEqual([[2, 'mp4a.40.2']]);
  });
});

describe('a track of sound', () => {
  it('has no gaps where times are rounded, and one where sound is missing', () => {
    const track = new Fmp4AudioTrack('opus', 0);
    const starts = [0, 20.4, 39.7, 60, 200, 190].map((time, index) => track.place(piece(index, time)).start);
    expect(starts).toEqual([0, 960, 1_920, 2_880, 9_600, 10_560]);
  });
});

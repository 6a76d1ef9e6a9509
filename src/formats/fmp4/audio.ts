import { samplesOf, audioChannels, type AudioCodec, audioRate } from '../../domain/media/audio.ts';
import { box, full, movie, track, u16, u32, zeros } from './boxes.ts';

/**
 * Audio in fragmented MP4: AAC (ISO/IEC 14496-14) and Opus (Encapsulation of Opus in ISO Base Media File Format). Each
 * audio frame is one fragment.
 */

/** The track's id. It is the same with and without a video track, so that the fragments fit both. */
export const audioTrackId = 2;

/** The bit rate to announce to players, in bits per second. */
const bitRate = 96_000;

/** AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1): AAC-LC, 48 kHz, two channels. */
export const aacConfig: Buffer = Buffer.from([0x11, 0x90]);

/** Samples that an Opus decoder skips at the start of a stream: libopus needs them to converge. */
const opusPreSkip = 312;

/** The audio track of an initialisation segment. */
export function audioTrack(codec: AudioCodec): Buffer {
  const format = [
    [0, 0, 0, 0, 0, 0, ...u16(1)], // data_reference_index
    zeros(8),
    u16(audioChannels),
    u16(16), // bits of a sample
    zeros(4),
    u32(audioRate * 0x10000),
  ] as const;
  const entry = codec === 'aac' ? box('mp4a', ...format, esds()) : box('Opus', ...format, dOps());
  return track({ id: audioTrackId, timescale: audioRate, entry });
}

/** The initialisation segment of a file with audio only. */
export function audioInit(codec: AudioCodec): Buffer {
  return movie(audioRate, new Map([[audioTrackId, audioTrack(codec)]]));
}

/** The position of an audio frame in its track. */
export interface AudioPlace {
  /** The fragment's sequence number, from 1. */
  readonly number: number;
  /** Ticks of {@link audioRate}. */
  readonly start: number;
}

/** The fragment of an audio frame: `moof` with one sample, and `mdat`. */
export function audioFragment(codec: AudioCodec, { number, start }: AudioPlace, bytes: Buffer): Buffer {
  const moof = (offset: number): Buffer =>
    box(
      'moof',
      full('mfhd', 0, 0, u32(number >>> 0)),
      box(
        'traf',
        full('tfhd', 0, 0x020000, u32(audioTrackId)),
        full('tfdt', 1, 0, u64(start)),
        // sample_flags: depends on no other sample.
        full('trun', 0, 0x000701, u32(1), u32(offset), u32(samplesOf[codec]), u32(bytes.length), u32(0x02000000)),
      ),
    );
  return Buffer.concat([moof(moof(0).length + 8), box('mdat', bytes)]);
}

/** The descriptors of AAC (ISO/IEC 14496-1, 7.2.6), each behind its tag and length. */
function esds(): Buffer {
  const specific = [0x05, aacConfig.length, ...aacConfig];
  const decoder = [0x40, 0x15, 0, 0, 0, ...u32(bitRate), ...u32(bitRate), ...specific];
  const stream = [...u16(0), 0, 0x04, decoder.length, ...decoder, 0x06, 1, 0x02];
  return full('esds', 0, 0, [0x03, stream.length, ...stream]);
}

/** OpusSpecificBox: channels, pre-skip, input sample rate, no gain, mapping family 0. */
function dOps(): Buffer {
  return box('dOps', [0, audioChannels], u16(opusPreSkip), u32(audioRate), zeros(2), [0]);
}

function u64(value: number): readonly number[] {
  return [...u32(Math.floor(value / 2 ** 32)), ...u32(value >>> 0)];
}

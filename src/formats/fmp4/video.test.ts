import fc from 'fast-check';
import { createFile, type ISOFile, MP4BoxBuffer } from 'mp4box';
import { describe, expect, it } from 'vitest';
import { mutated, seeded } from '../../../test/support/mutations.ts';
import { annexB, readSequence } from '../h264/h264.ts';
import { fragment, initSegment, planFragment } from './video.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** Parameter sets as x264 writes them: constrained baseline, 640 × 480; and high, 1920 × 1080. */
const baseline = { sps: hex('6742c01eda0280f6c044000003000400000300f03c58ba80'), pps: hex('68ce0fc8') };
const high = { sps: hex('67640028acd940780227e5c044000003000400000300f03c60c658'), pps: hex('68ebecb22c') };
const idr = hex('65888401');
const slice = hex('419a2201');

/** Parses a file with mp4box. */
function parse(...parts: readonly Buffer[]): ISOFile {
  const file = createFile();
  const bytes = Buffer.concat(parts);
  const copy = new Uint8Array(bytes).buffer;
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(copy, 0));
  file.flush();
  return file;
}

describe('an initialisation segment', () => {
  it.each([
    ['avc1.42C01E', baseline, 640, 480],
    ['avc1.640028', high, 1_920, 1_080],
  ])('tells another parser its codec %s and size', (codec, sets, width, height) => {
    const info = parse(initSegment(sets) as Buffer).getInfo();
    expect(info).toMatchObject({ isFragmented: true, timescale: 90_000 });
    expect(info.videoTracks).toHaveLength(1);
    const [track] = info.videoTracks;
    expect(track?.codec.toLowerCase()).toBe(codec.toLowerCase());
    expect(track).toMatchObject({
      track_width: width,
      track_height: height,
      timescale: 90_000,
      video: { width, height },
    });
  });

  it('may name the frame rate, which changes nothing else for another parser', () => {
    const place = { number: 1, start: 0, duration: 3_000, keyframe: true };
    const bytes = fragment(place, planFragment(annexB([idr])));
    const [named, plain] = [{ frameDuration: 6_000 }, {}].map((options) => {
      const file = parse(initSegment(baseline, options) as Buffer, bytes);
      return { samples: file.getTrackSamplesInfo(1).map(({ dts, duration, size }) => [dts, duration, size]), file };
    });
    expect(named?.samples).toEqual([[0, 3_000, 8]]);
    expect(plain?.samples).toEqual(named?.samples);
    const times = (file?: ISOFile) => {
      const { sample_counts, sample_deltas } = file?.moov?.traks[0]?.mdia.minf.stbl.stts ?? {};
      return [sample_counts, sample_deltas];
    };
    expect(times(named?.file)).toEqual([[0], [6_000]]);
    expect(times(plain?.file)).toEqual([[], []]);
  });

  it("is null if the parameter sets can't be parsed", () => {
    expect(initSegment({ sps: hex('6742'), pps: baseline.pps })).toBeNull();
  });
});

describe('a fragment', () => {
  it('holds one sample that another parser finds, with lengths instead of start codes and with its parameter sets', () => {
    const accessUnit = annexB([baseline.sps, baseline.pps, idr]);
    const place = { start: 2 ** 33, duration: 3_000, keyframe: true };
    const file = parse(
      initSegment(baseline) as Buffer,
      fragment({ number: 7, ...place }, planFragment(accessUnit)),
      fragment({ number: 8, ...place, start: 2 ** 33 + 3_000, keyframe: false }, planFragment(annexB([slice, slice]))),
    );
    const samples = file.getTrackSamplesInfo(1);
    expect(samples.map(({ dts, cts, duration, size, is_sync: sync }) => [dts, cts, duration, size, sync])).toEqual([
      [2 ** 33, 2 ** 33, 3_000, 44, true],
      [2 ** 33 + 3_000, 2 ** 33 + 3_000, 3_000, 16, false],
    ]);
    expect(fragment({ number: 7, ...place }, planFragment(accessUnit)).subarray(-8)).toEqual(
      Buffer.concat([hex('00000004'), idr]),
    );
  });

  it('keeps any NAL units of any samples, as another parser finds them', () => {
    const unit = fc
      .tuple(fc.constantFrom(1, 5, 6), fc.uint8Array({ minLength: 1, maxLength: 80 }))
      .map(([type, bytes]) => Buffer.from([0x60 | type, ...bytes.map((byte) => byte | 4)]));
    const sample = fc.record({
      units: fc.array(unit, { minLength: 1, maxLength: 5 }),
      start: fc.nat({ max: 2 ** 50 }),
      duration: fc.integer({ min: 1, max: 2 ** 31 }),
      keyframe: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 4 }), (samples) => {
        const init = initSegment(baseline) as Buffer;
        const fragments = samples.map(({ units, ...place }, index) =>
          fragment({ number: index + 1, ...place }, planFragment(annexB(units))),
        );
        const file = parse(init, ...fragments);
        const bytes = Buffer.concat([init, ...fragments]);
        const found = file.getTrackSamplesInfo(1);
        expect(found.map(({ duration, is_sync: sync }) => [duration, sync])).toEqual(
          samples.map(({ duration, keyframe }) => [duration, keyframe]),
        );
        expect(file.moofs.map(({ trafs }) => trafs[0]?.tfdt.baseMediaDecodeTime)).toEqual(
          samples.map(({ start }) => start),
        );
        for (const [index, { offset, size }] of found.entries()) {
          expect(bytes.subarray(offset, offset + size)).toEqual(withLengths(samples[index]?.units ?? []));
        }
      }),
      seeded(100),
    );
  });
});

describe('hostile parameter sets', () => {
  it('make an initialisation segment that another parser can read, or null', () => {
    fc.assert(
      fc.property(mutated(high.sps), mutated(high.pps), (sps, pps) => {
        const init = initSegment({ sps, pps });
        if (init === null) return;
        const { width, height } = readSequence(sps) ?? {};
        expect(parse(init).getInfo().videoTracks[0]).toMatchObject({ video: { width, height } });
      }),
      seeded(500),
    );
  });
});

/** A sample of `avc1`: each NAL unit behind its length. */
function withLengths(units: readonly Buffer[]): Buffer {
  return Buffer.concat(
    units.flatMap((unit) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(unit.length);
      return [length, unit];
    }),
  );
}

// Random and damaged packets for everything that reads media of cameras.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mutated, noise, seeded } from '../../../../test/support/mutations.ts';
import { nalUnits } from '../../h264/h264.ts';
import { readSenderClock, senderReport } from '../rtcp.ts';
import { AccessUnits } from './access-units.ts';
import { audioPayload } from './audio-payload.ts';
import { h264 } from './h264-codec.ts';
import { h265 } from './h265-codec.ts';
import { readPacket } from './incoming-packet.ts';
import { JpegFrames } from './jpeg-frames.ts';
import { RtpClock } from './rtp-clock.ts';
import { collecting, packet, rtpBytes } from './testing.ts';

const unitsOf = (file: string): Buffer[] =>
  nalUnits(readFileSync(`test/odd-cameras/media/${file}`))
    .slice(0, 6)
    .map(({ bytes }) => bytes.subarray(0, 200));
const aggregate = (header: string, units: readonly Buffer[]): Buffer =>
  Buffer.concat([
    Buffer.from(header, 'hex'),
    ...units.flatMap((each) => [Buffer.from([each.length >> 8, each.length & 0xff]), each]),
  ]);
const [avc, hevc] = [unitsOf('base.h264'), unitsOf('h265.hevc')];
const jpeg = Buffer.concat([
  Buffer.from('00000000 41 ff 0806 0003ffff 00000080'.replaceAll(' ', ''), 'hex'),
  Buffer.alloc(200, 9),
]);
const parts = {
  h264: [...avc, aggregate('78', avc.slice(0, 3)), Buffer.from('7c8588aabb', 'hex'), Buffer.from('7c45ccdd', 'hex')],
  h265: [
    ...hevc,
    aggregate('6001', hevc.slice(0, 3)),
    Buffer.from('62019388aa', 'hex'),
    Buffer.from('620153ccdd', 'hex'),
  ],
  jpeg: [jpeg, Buffer.concat([Buffer.from('0000003c41ff08060003ffff', 'hex'), Buffer.alloc(60)])],
};

/** Packets of a stream: valid payloads, damaged ones and noise, with timestamps and marks as they come. */
function stream(
  valid: readonly Buffer[],
): fc.Arbitrary<{ payload: Buffer; timestamp: number; marker: boolean; lost: boolean }[]> {
  const payload = fc.oneof(fc.constantFrom(...valid), ...valid.map((each) => mutated(each)), noise(40));
  const one = fc.record({ payload, timestamp: fc.nat({ max: 2 }), marker: fc.boolean(), lost: fc.boolean() });
  return fc.array(one, { minLength: 1, maxLength: 30 });
}

it.each(['h264', 'h265', 'jpeg'] as const)(
  'random %s never throws, and every frame has a size and a bounded length',
  (codec) => {
    let frames = 0;
    fc.assert(
      fc.property(stream(parts[codec]), (packets) => {
        const [receiver, found] = collecting((sink) =>
          codec === 'jpeg' ? new JpegFrames(sink) : new AccessUnits(codec === 'h264' ? h264 : h265, sink, []),
        );
        for (const { lost, ...each } of packets) {
          receiver.push(packet(each.payload, each), lost);
          const { quiet } = receiver;
          expect(quiet === null || quiet > 0).toBe(true);
        }
        receiver.flush();
        frames += found.frames.length;
        const sent = packets.reduce((sum, each) => sum + each.payload.length + 8, 0);
        for (const { width, height, bytes } of found.frames) {
          expect(width * height).toBeGreaterThan(0);
          expect(bytes.length).toBeLessThan(2 * sent + 2_000);
        }
      }),
      seeded(400),
    );
    expect(frames).toBeGreaterThan(50);
  },
);

it('random audio never throws', () => {
  const track = {
    type: 'audio',
    urls: [],
    encoding: 'MPEG4-GENERIC',
    payloadTypes: [97],
    rate: 16_000,
    channels: 1,
    fps: null,
  } as const;
  let frames = 0;
  fc.assert(
    fc.property(
      stream([Buffer.from('0020001000 18aabbccddee'.replaceAll(' ', ''), 'hex')]),
      fc.constantFrom('13', '7', '16'),
      (packets, size) => {
        const receiver = audioPayload({ ...track, parameters: new Map([['sizelength', size]]) });
        for (const { lost, ...each } of packets) {
          receiver?.frames.push(packet(each.payload, each), lost, (bytes) => {
            frames += 1;
            expect(bytes.length).toBeLessThan(40_000);
          });
        }
      },
    ),
    seeded(500),
  );
  expect(frames).toBeGreaterThan(50);
});

it('random RTP and RTCP never throws, and payloads lie within the packet', () => {
  const rtp = rtpBytes(packet(Buffer.alloc(30, 3)));
  const report = senderReport({ ssrc: 1, cname: 'x', now: 1n << 60n, timestamp: 2, packets: 3, bytes: 4 });
  fc.assert(
    fc.property(fc.oneof(mutated(rtp), mutated(report), noise(60)), fc.nat({ max: 6 }), (bytes, from) => {
      const read = readPacket(bytes, from);
      if (read !== null) expect(read.payload.length).toBeLessThanOrEqual(bytes.length - from - 12);
      const clock = readSenderClock(bytes);
      if (clock !== null) expect(Number.isFinite(clock.time)).toBe(true);
    }),
    seeded(2_000),
  );
});

it('random timestamps, arrivals and reports give times that increase and are never far from arrival', () => {
  const step = fc.record({
    timestamp: fc.nat({ max: 2 ** 32 - 1 }),
    wait: fc.nat({ max: 5_000 }),
    report: fc.option(fc.integer()),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = new RtpClock(90_000);
      let [now, last] = [0, -Infinity];
      for (const { timestamp, wait, report } of steps) {
        now += wait;
        if (report !== null) clock.report(report, timestamp);
        const captured = clock.at(timestamp, now);
        expect(captured).toBeGreaterThan(last);
        expect(captured).toBeLessThan(now + 10);
        expect(captured).toBeGreaterThan(now - 1_001);
        last = captured;
      }
    }),
    seeded(500),
  );
});

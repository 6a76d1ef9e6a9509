// Parsers whose own tests have no random input, and the time that all parsers of text take for long input.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutated, mutatedLines, noise, seeded } from '../../test/support/mutations.ts';
import { PortholeError } from '../domain/errors.ts';
import { parseChallenges } from './http-auth/challenges.ts';
import { embeddedIpv4 } from './ip/embedded-ipv4.ts';
import { standardHuffmanTables, withTables } from './jpeg/huffman-tables.ts';
import { RtpOrder } from './rtp/rtp-order.ts';
import { readDescription } from './rtsp/description.ts';
import { frameEnd, readFramePart } from './rtsp/frame-end.ts';
import { parseRtspHead } from './rtsp/rtsp-message.ts';
import { readSession, readTransport } from './rtsp/transport.ts';
import { readCandidate } from './sdp/candidate.ts';
import { parseDescription } from './sdp/sdp.ts';

/** Runs a parser. Its own errors are an answer, too. */
function orRefused<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof PortholeError) return null;
    throw error;
  }
}

const sdp = [
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.1',
  's=cam',
  'a=control:rtsp://192.0.2.1/all',
  'm=video 0 RTP/AVP 96',
  'c=IN IP4 0.0.0.0',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAKeKQFAe2AtwEBAaQeJEV,aM48gA==',
  'a=control:trackID=0',
  'm=audio 0 RTP/AVP 8',
  'a=control:trackID=1',
].join('\r\n');
const options = { url: 'rtsp://camera/live', base: 'rtsp://camera/live/', localUrl: 'rtsp://127.0.0.1:9', audio: true };
const describeRtsp = (text: string) => orRefused(() => readDescription(text, options));
const head = 'RTSP/1.0 200 OK\r\nCSeq: 2\r\nSession: 1234;timeout=60\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n';
const rtp = Buffer.concat([Buffer.from('80e00001000003e800001234', 'hex'), Buffer.alloc(40, 7)]);

describe('random input', () => {
  it('readDescription never throws anything else, and shows no address of the camera', () => {
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(mutatedLines(sdp), mutated(Buffer.from(sdp)).map(String), fc.string()), (text) => {
        const found = describeRtsp(text);
        if (found === null) return;
        read += found.tracks.length;
        expect(found.tracks.length).toBeLessThanOrEqual(2);
        for (const { urls, payloadTypes } of found.tracks) {
          expect(urls.length).toBeGreaterThan(0);
          expect(payloadTypes.every((each) => each >= 0)).toBe(true);
        }
        expect(found.text).not.toMatch(/^a=control:(?!rtsp:\/\/127\.0\.0\.1:9\/\d$)/m);
      }),
      seeded(2_000),
    );
    expect(read).toBeGreaterThan(1_000);
  });

  it('parseRtspHead, readSession and readTransport never throw, and return numbers in range', () => {
    let read = 0;
    fc.assert(
      fc.property(fc.oneof(mutated(Buffer.from(head)), noise()), (bytes) => {
        const message = parseRtspHead(bytes);
        if (message?.kind === 'reply') {
          read += 1;
          expect(message.status).toBeLessThan(1_000);
        }
        for (const [name, value] of [...(message?.headers ?? []), ['', bytes.toString('latin1')] as const]) {
          expect(name).toBe(name.toLowerCase());
          const { timeout } = readSession(value);
          expect(timeout === null || timeout > 0).toBe(true);
          const { channels, serverPort } = readTransport(value);
          expect(channels.length).toBeLessThanOrEqual(2);
          expect(channels.every((each) => each < 256)).toBe(true);
          expect(serverPort ?? 1).toBeGreaterThan(0);
          expect(serverPort ?? 1).toBeLessThan(65_536);
        }
      }),
      seeded(1_000),
    );
    expect(read).toBeGreaterThan(200);
  });

  it('readFramePart and frameEnd never throw, and keep the header', () => {
    fc.assert(
      fc.property(fc.oneof(mutated(rtp), noise(60)), fc.constantFrom('H264', 'H265', 'JPEG', ''), (bytes, codec) => {
        readFramePart(bytes);
        const end = frameEnd(bytes, codec);
        if (end !== null) expect(end.subarray(1, 12)).toEqual(bytes.subarray(1, 12));
      }),
      seeded(1_000),
    );
  });

  it('RtpOrder returns each packet at most once, in order, and keeps a bounded number', () => {
    const packet = fc.record({
      number: fc.oneof(fc.nat({ max: 20 }), fc.integer({ min: 65_520, max: 65_535 }), fc.nat({ max: 65_535 })),
      sender: fc.oneof({ weight: 20, arbitrary: fc.constant(1) }, fc.nat({ max: 3 })),
      wait: fc.constantFrom(0, 0, 1, 30, 200),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 200 }), (packets) => {
        const order = new RtpOrder();
        let now = 0;
        const got: Buffer[] = [];
        const sent = packets.map(({ number, sender, wait }): Buffer => {
          const bytes = Buffer.alloc(20);
          bytes.writeUInt16BE(number, 2);
          bytes.writeUInt32BE(sender, 8);
          now += wait;
          got.push(...order.expire(now), ...order.push(bytes, now));
          return bytes;
        });
        got.push(...order.expire(now + 1_000));
        expect(new Set(got).size).toBe(got.length);
        expect(got.every((each) => sent.includes(each))).toBe(true);
        expect(order.deadline).toBeNull();
      }),
      seeded(300),
    );
  });

  it('embeddedIpv4 never throws, and returns IPv4 addresses', () => {
    const group = fc.constantFrom('0', 'ffff', '64', 'ff9b', '2002', '2001', '5efe', 'a9fe', '1', '127.0.0.1');
    const address = fc.array(group, { maxLength: 8 }).map((groups) => groups.join(':'));
    fc.assert(
      fc.property(
        fc.oneof(
          address,
          address.map((text) => `::${text}`),
          fc.ipV6(),
          fc.string(),
        ),
        (text) => {
          for (const each of embeddedIpv4(text)) expect(each).toMatch(/^\d{1,3}(\.\d{1,3}){3}$/);
        },
      ),
      seeded(3_000),
    );
  });

  it('withTables keeps the bytes', () => {
    fc.assert(
      fc.property(noise(), (bytes) => {
        const made = orRefused(() => withTables(bytes, standardHuffmanTables));
        if (made !== null) expect(made.length).toBeLessThanOrEqual(bytes.length + standardHuffmanTables.length);
      }),
      seeded(300),
    );
  });
});

/** As long as the head of a camera's reply may be. */
const long = 64 * 1_024;
/** Some 20 s before, for patterns whose time grew with the square of the length; below 0.1 s is usual. */
const limit = 8_000;

describe('64 KB of the same characters take little time', () => {
  const parsers: Readonly<Record<string, readonly [parse: (text: string) => unknown, starts: readonly string[]]>> = {
    readSession: [readSession, ['', '1;timeout']],
    readTransport: [readTransport, ['', 'RTP/AVP/TCP;interleaved']],
    parseRtspHead: [(text) => parseRtspHead(Buffer.from(text, 'latin1')), ['', 'RTSP/1.0 200', 'RTSP/1.0 200 OK\r\nA']],
    readDescription: [describeRtsp, ['', 'm=video 0 RTP/AVP ', 'm=video 0 RTP/AVP 96\r\na=rtpmap:96 ']],
    parseChallenges: [(text) => parseChallenges([text]), ['', 'Digest realm="']],
    parseDescription: [(text) => orRefused(() => parseDescription(text)), ['', 'v=0\r\nm=video 9 ', 'v=0\r\na=']],
    readCandidate: [readCandidate, ['', 'candidate:1 1 udp 1 192.0.2.1 1 typ host']],
  };
  const patterns = [
    ' ',
    ';',
    ',',
    '"',
    '=',
    '\r\n',
    'a',
    '0',
    '/',
    '\\',
    ' a',
    '0 ',
    '; ',
    '",',
    'a="!',
    'a b="',
    ' a b',
  ];

  it.each(Object.entries(parsers))('%s', (_name, [parse, starts]) => {
    for (const start of starts) {
      for (const pattern of patterns) {
        const text = start + pattern.repeat(long / pattern.length);
        const from = performance.now();
        parse(text);
        expect(performance.now() - from, JSON.stringify([start, pattern])).toBeLessThan(limit);
      }
    }
  });
});

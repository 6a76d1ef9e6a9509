import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutatedLines, seeded } from '../../../../test/support/mutations.ts';
import { PortholeError } from '../../../domain/errors.ts';
import { writeAnswer } from './answer.ts';
import { chooseH264, constrainedBaseline, extensionNumber, feedbackFor } from './h264-choice.ts';
import { readOffer } from './offer.ts';
import { captureTimeUri } from '../../../formats/rtp/rtp-packet.ts';
import { audioTrack } from '../tracks.ts';
import { faultsOf } from '../../../../test/support/answer-faults.ts';
import { browserOffer, badOffers } from '../../../../test/support/whep-offers.ts';

const transport = {
  ufrag: 'ours',
  password: 'ours'.repeat(6),
  fingerprint: 'sha-256 AA',
  setup: 'active',
  candidates: [
    { foundation: '1', protocol: 'udp', priority: 7, address: '192.0.2.1', port: 8189, type: 'host' },
    { foundation: '2', protocol: 'tcp', priority: 6, address: '::1', port: 8189, type: 'host', tcpType: 'passive' },
    { foundation: '3', protocol: 'udp', priority: 5, address: '203.0.113.1', port: 1, type: 'srflx' },
  ],
} as const;

function answerTo(sdp: string, hasAudio = false): string {
  const offer = readOffer(sdp, hasAudio);
  const { payloadType, parameters } = chooseH264(offer.video, constrainedBaseline);
  const track = {
    section: offer.video,
    payloadType,
    codec: 'H264/90000',
    parameters,
    feedback: feedbackFor(offer.video, payloadType),
    extensions: [{ number: extensionNumber(offer.video, captureTimeUri), uri: captureTimeUri }],
    ssrc: 42,
  };
  const tracks = offer.audio === null ? [track] : [track, { ...audioTrack(offer.audio), ssrc: 43 }];
  return writeAnswer(offer, { number: '1', transport, tracks, cname: 'porthole-x' });
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof PortholeError) return error.code;
    throw error;
  }
  return 'none';
}

describe("a browser's offer", () => {
  it('is answered section by section: video is sent, everything else is rejected', () => {
    expect(answerTo(browserOffer)).toMatchInlineSnapshot(`
      "v=0
      o=- 1 1 IN IP4 127.0.0.1
      s=Porthole
      t=0 0
      a=group:BUNDLE 1
      a=msid-semantic: WMS porthole-x
      a=ice-options:trickle
      m=audio 0 UDP/TLS/RTP/SAVPF 0
      c=IN IP4 0.0.0.0
      a=mid:0
      a=inactive
      m=video 9 UDP/TLS/RTP/SAVPF 108
      c=IN IP4 0.0.0.0
      a=mid:1
      a=sendonly
      a=rtcp-mux
      a=ice-ufrag:ours
      a=ice-pwd:oursoursoursoursoursours
      a=fingerprint:sha-256 AA
      a=setup:active
      a=extmap:9 http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time
      a=rtpmap:108 H264/90000
      a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
      a=rtcp-fb:108 nack
      a=rtcp-fb:108 nack pli
      a=rtcp-fb:108 ccm fir
      a=msid:porthole-x porthole-x-video
      a=ssrc:42 cname:porthole-x
      a=candidate:1 1 udp 7 192.0.2.1 8189 typ host
      a=candidate:2 1 tcp 6 ::1 8189 typ host tcptype passive
      a=candidate:3 1 udp 5 203.0.113.1 1 typ srflx raddr 0.0.0.0 rport 0
      a=end-of-candidates
      m=application 0 UDP/DTLS/SCTP webrtc-datachannel
      c=IN IP4 0.0.0.0
      a=mid:2
      a=inactive
      "
    `);
  });

  it('is read with attributes of the section before those of the session', () => {
    const moved = browserOffer.replace('t=0 0\r\n', 't=0 0\r\na=setup:passive\r\na=ice-ufrag:session\r\n');
    expect(readOffer(moved, false).transport).toMatchObject({ ufrag: 'Wx4k', setup: 'actpass' });
  });

  it('names no payload type that a strict client does not know, whatever is rejected', () => {
    const two = `${browserOffer}${browserOffer.slice(browserOffer.indexOf('m=video'), browserOffer.indexOf('m=application')).replace('a=mid:1', 'a=mid:3')}`;
    for (const sdp of [browserOffer, two, two.replaceAll('UDP/TLS/RTP/SAVPF 111', 'RTP/AVP 111')]) {
      for (const hasAudio of [true, false]) expect(faultsOf(answerTo(sdp, hasAudio), sdp)).toEqual([]);
    }
  });

  it('is answered without a bundle if it has none, or not with the video', () => {
    for (const bundle of ['', 'a=group:BUNDLE 0 2\r\n', 'a=group:LS 0 1\r\n']) {
      const sdp = browserOffer.replace('a=group:BUNDLE 0 1 2\r\n', bundle);
      expect(sdp).not.toBe(browserOffer);
      for (const hasAudio of [true, false]) {
        const answer = answerTo(sdp, hasAudio);
        expect(answer).not.toContain('a=group');
        expect(answer).toContain('m=video 9 ');
        expect(faultsOf(answer, sdp)).toEqual([]);
      }
    }
  });

  it('keeps candidates with an address, and drops those with a host name', () => {
    expect(readOffer(browserOffer, false).transport.candidates.map(({ address }) => address)).toEqual(['192.0.2.7']);
  });
});

describe('an offer with an audio section', () => {
  const audio = (answer: string): string => /m=audio[^]*?(?=m=)/.exec(answer)?.[0] ?? '';

  it('is answered with Opus, on the transport of the first section, in the same media stream as the video', () => {
    const answer = answerTo(browserOffer, true);
    expect(answer).toContain('a=group:BUNDLE 0 1\r\n');
    expect(audio(answer)).toMatchInlineSnapshot(`
      "m=audio 9 UDP/TLS/RTP/SAVPF 111
      c=IN IP4 0.0.0.0
      a=mid:0
      a=sendonly
      a=rtcp-mux
      a=ice-ufrag:ours
      a=ice-pwd:oursoursoursoursoursours
      a=fingerprint:sha-256 AA
      a=setup:active
      a=rtpmap:111 opus/48000/2
      a=fmtp:111 sprop-stereo=1
      a=msid:porthole-x porthole-x-audio
      a=ssrc:43 cname:porthole-x
      a=candidate:1 1 udp 7 192.0.2.1 8189 typ host
      a=candidate:2 1 tcp 6 ::1 8189 typ host tcptype passive
      a=candidate:3 1 udp 5 203.0.113.1 1 typ srflx raddr 0.0.0.0 rport 0
      a=end-of-candidates
      "
    `);
    const video = answer.slice(answer.indexOf('m=video'), answer.indexOf('m=application'));
    expect(video).toContain('a=msid:porthole-x porthole-x-video\r\na=ssrc:42 cname:porthole-x\r\n');
    expect(video).toContain('a=ice-ufrag:ours');
    expect(video).not.toContain('candidate');
  });

  it('is answered alike if the client offers to send as well', () => {
    expect(audio(answerTo(browserOffer.replaceAll('a=recvonly', 'a=sendrecv'), true))).toContain('a=sendonly');
  });

  it('uses the ICE credentials of its first section', () => {
    const other = browserOffer.replace('a=ice-ufrag:Wx4k', 'a=ice-ufrag:audio');
    expect(readOffer(other, true).transport.ufrag).toBe('audio');
    expect(readOffer(other, false).transport.ufrag).toBe('Wx4k');
  });

  it.each([
    ['the camera has no audio', browserOffer, false],
    ["the client doesn't receive it", browserOffer.replace('a=recvonly', 'a=sendonly'), true],
    ['it is inactive', browserOffer.replace('a=recvonly', 'a=inactive'), true],
    ['it has no Opus', browserOffer.replace('opus/48000/2', 'PCMU/8000'), true],
    ['its payload type conflicts with RTCP', browserOffer.replaceAll('111', '72'), true],
    ["it isn't bundled with the video", browserOffer.replace('BUNDLE 0 1 2', 'BUNDLE 1 2'), true],
    ['it has no DTLS', browserOffer.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), true],
    ['it has no rtcp-mux', browserOffer.replace('a=rtcp-mux\r\n', ''), true],
  ])('is answered as inactive when %s', (_, sdp, hasAudio) => {
    const answer = answerTo(sdp, hasAudio);
    expect(audio(answer)).toMatch(/^m=audio 0 [^]*a=inactive/);
    expect(answer).toContain('a=group:BUNDLE 1\r\n');
  });

  it('takes the first Opus payload type that the client lists', () => {
    const audioOf = (sdp: string) => readOffer(sdp, true).audio?.payloadType;
    expect(audioOf(browserOffer)).toBe(111);
    const two = browserOffer.replace('red/48000/2', 'OPUS/48000/2');
    expect(audioOf(two)).toBe(111);
    expect(audioOf(two.replace('111 63', '63 111'))).toBe(63);
  });
});

describe('a bad offer', () => {
  it.each(badOffers)('with %s is refused', (_, sdp, code) => {
    expect(codeOf(() => answerTo(sdp))).toBe(code);
  });

  it('fails with no other error, whichever lines are removed, repeated, swapped or overwritten', () => {
    const codes = new Set<string>();
    fc.assert(
      fc.property(mutatedLines(browserOffer), fc.boolean(), (sdp, hasAudio) => {
        codes.add(codeOf(() => answerTo(sdp, hasAudio)));
      }),
      seeded(4_000),
    );
    expect([...codes].sort()).toEqual(['invalid_input', 'none', 'offer_without_h264']);
  });
});

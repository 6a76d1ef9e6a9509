import { expect, it } from 'vitest';
import type { PortholeError } from '../../../domain/errors.ts';
import { writeAnswer } from './answer.ts';
import { constrainedBaseline } from './h264-choice.ts';
import { ownOffer, readAnswer } from './own-offer.ts';
import { browserOffer } from '../../../../test/support/whep-offers.ts';
import { videoTrack } from '../tracks.ts';

const fingerprint = `sha-256 ${Array(32).fill('AB').join(':')}`;
const transport = {
  ufrag: 'ours',
  password: 'ours'.repeat(6),
  fingerprint,
  setup: 'actpass',
  candidates: [{ foundation: '1', protocol: 'udp', priority: 7, address: '192.0.2.1', port: 8189, type: 'host' }],
} as const;

/** An answer as Chromium writes it. */
const answer = `v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=video 9 UDP/TLS/RTP/SAVPF 102
c=IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 192.0.2.9 50000 typ host generation 0 network-cost 999
a=ice-ufrag:Wx4k
a=ice-pwd:N0bodyKnowsThisPassword1
a=fingerprint:${fingerprint}
a=setup:active
a=mid:0
a=recvonly
a=rtcp-mux
a=rtpmap:102 H264/90000
`.replaceAll('\n', '\r\n');

it('our offer has one section, for H.264', () => {
  const tracks = [{ ...videoTrack(ownOffer, constrainedBaseline), ssrc: 42 }];
  expect(writeAnswer(ownOffer, { number: '1', transport, tracks, cname: 'porthole-x' })).toBe(
    [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=Porthole',
      't=0 0',
      'a=group:BUNDLE 0',
      'a=msid-semantic: WMS porthole-x',
      'a=ice-options:trickle',
      'm=video 9 UDP/TLS/RTP/SAVPF 102',
      'c=IN IP4 0.0.0.0',
      'a=mid:0',
      'a=sendonly',
      'a=rtcp-mux',
      'a=ice-ufrag:ours',
      `a=ice-pwd:${transport.password}`,
      `a=fingerprint:${fingerprint}`,
      'a=setup:actpass',
      'a=rtpmap:102 H264/90000',
      'a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
      'a=rtcp-fb:102 nack',
      'a=rtcp-fb:102 nack pli',
      'a=rtcp-fb:102 ccm fir',
      'a=msid:porthole-x porthole-x-video',
      'a=ssrc:42 cname:porthole-x',
      'a=candidate:1 1 udp 7 192.0.2.1 8189 typ host',
      'a=end-of-candidates',
      '',
    ].join('\r\n'),
  );
});

it("an answer contains the client's ICE and DTLS parameters", () => {
  expect(readAnswer(answer)).toMatchObject({
    ufrag: 'Wx4k',
    password: 'N0bodyKnowsThisPassword1',
    fingerprint,
    setup: 'active',
    candidates: [{ address: '192.0.2.9', port: 50_000 }],
  });
});

it.each([
  ['an empty text', '', 'invalid_input'],
  ['several sections', browserOffer, 'invalid_input'],
  ['inactive video', answer.replace('a=recvonly', 'a=inactive'), 'invalid_input'],
  ['video to send', answer.replace('a=recvonly', 'a=sendonly'), 'invalid_input'],
  ['another mid', answer.replace('a=mid:0', 'a=mid:1'), 'invalid_input'],
  ['audio', answer.replace('m=video', 'm=audio'), 'invalid_input'],
  ['video without DTLS', answer.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), 'invalid_input'],
  ['video without rtcp-mux', answer.replace('a=rtcp-mux\r\n', ''), 'invalid_input'],
  ['no password', answer.replace(/a=ice-pwd.*\r\n/, ''), 'invalid_input'],
  ['no fingerprint', answer.replace(/a=fingerprint.*\r\n/, ''), 'invalid_input'],
  ['no DTLS role', answer.replace(/a=setup.*\r\n/, ''), 'invalid_input'],
  ['another codec', answer.replace('SAVPF 102', 'SAVPF 96'), 'offer_without_h264'],
])('an answer with %s is refused', (_, sdp, code) => {
  expect(() => readAnswer(sdp)).toThrow(expect.objectContaining({ code }) as PortholeError);
});

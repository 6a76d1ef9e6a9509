import { describe, expect, it } from 'vitest';
import { ageOf } from './webrtc-player.ts';
import { iceServersOf, trickleFragment } from './whep.ts';

describe('the Link header', () => {
  it('lists ICE servers among other links', () => {
    const link =
      '</x>; rel="next", <stun:stun.example.org:3478>; rel="ice-server", ' +
      '<turn:[::1]:3478?transport=udp>; rel="ice-server"; username="u"; credential="a\\"b\\\\c"; credential-type="password"';
    expect(iceServersOf(link)).toEqual([
      { urls: 'stun:stun.example.org:3478' },
      { urls: 'turn:[::1]:3478?transport=udp', username: 'u', credential: 'a"b\\c' },
    ]);
    expect(iceServersOf(null)).toEqual([]);
  });
});

describe('an SDP fragment', () => {
  it('names the media section of its candidates', () => {
    const offer = 'v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:secret\r\na=mid:0\r\n';
    const candidate = { candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host' } as RTCIceCandidate;
    expect(trickleFragment(offer, [candidate])).toBe(
      'a=ice-ufrag:abcd\r\na=ice-pwd:secret\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n' +
        'a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n',
    );
  });
});

describe('the age of a frame', () => {
  const at = 1_763_840_000_000;

  it('is the time since its timestamp, across the 32-bit wrap', () => {
    for (let captured = at; captured < at + 2 ** 32 / 90; captured += 7_654_321) {
      expect(ageOf((captured * 90) % 2 ** 32, captured + 123)).toBeCloseTo(123, 3);
    }
  });

  it('is 0 if clock differences put the frame in the future', () => {
    expect(ageOf((at * 90) % 2 ** 32, at - 20)).toBe(0);
  });
});

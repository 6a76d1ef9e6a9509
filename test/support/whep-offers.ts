const fingerprint = Array.from({ length: 32 }, (_, at) => (at + 16).toString(16).toUpperCase()).join(':');

/** A browser's offer, with every H.264 profile that browsers offer. */
export const browserOffer = `v=0
o=- 7423894723 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
a=extmap-allow-mixed
a=msid-semantic: WMS
m=audio 9 UDP/TLS/RTP/SAVPF 111 63
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:Wx4k
a=ice-pwd:N0bodyKnowsThisPassword1
a=ice-options:trickle
a=fingerprint:sha-256 ${fingerprint}
a=setup:actpass
a=mid:0
a=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=recvonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtpmap:63 red/48000/2
m=video 9 UDP/TLS/RTP/SAVPF 96 102 104 106 108 127 112
c=IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 0f1c9a2e-aaaa-bbbb-cccc-1234567890ab.local 50000 typ host generation 0 network-cost 999
a=candidate:2 1 udp 1677729535 192.0.2.7 50001 typ srflx raddr 0.0.0.0 rport 0 generation 0 network-cost 999
a=ice-ufrag:Wx4k
a=ice-pwd:N0bodyKnowsThisPassword1
a=ice-options:trickle
a=fingerprint:sha-256 ${fingerprint}
a=setup:actpass
a=mid:1
a=extmap:1 urn:ietf:params:rtp-hdrext:toffset
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:9 http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time
a=recvonly
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 nack
a=rtpmap:102 H264/90000
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:104 H264/90000
a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f
a=rtpmap:106 H264/90000
a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f
a=rtpmap:108 H264/90000
a=rtcp-fb:108 goog-remb
a=rtcp-fb:108 transport-cc
a=rtcp-fb:108 ccm fir
a=rtcp-fb:108 nack
a=rtcp-fb:108 nack pli
a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:127 H264/90000
a=fmtp:127 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f
a=rtpmap:112 H264/90000
a=fmtp:112 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=mid:2
a=sctp-port:5000
`.replaceAll('\n', '\r\n');

const sections = browserOffer.split(/(?=^m=)/m);

/** Bad offers, each with the error code that it is refused with. */
export const badOffers: readonly (readonly [string, string, string])[] = [
  ['an empty text', '', 'invalid_input'],
  ['JSON', '{"type":"offer","sdp":"v=0"}', 'invalid_input'],
  ['HTML', '<!doctype html><title>x</title>', 'invalid_input'],
  ['binary data', '\0\u0001\u0002v=0\r\n', 'invalid_input'],
  ['a description without media', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n', 'invalid_input'],
  ['audio alone', `${sections[0]}${sections[1]}`, 'offer_without_h264'],
  ['video without H.264', browserOffer.replaceAll('H264', 'VP9'), 'offer_without_h264'],
  [
    'video of another packetization mode',
    browserOffer.replaceAll('packetization-mode=1', 'packetization-mode=0'),
    'offer_without_h264',
  ],
  ['video to send', browserOffer.replaceAll('a=recvonly', 'a=sendonly'), 'invalid_input'],
  ['video without DTLS', browserOffer.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), 'invalid_input'],
  ['video without rtcp-mux', browserOffer.replaceAll('a=rtcp-mux\r\n', ''), 'invalid_input'],
  ['no ufrag', browserOffer.replaceAll(/a=ice-ufrag.*\r\n/g, ''), 'invalid_input'],
  ['a short password', browserOffer.replaceAll(/a=ice-pwd:.*/g, 'a=ice-pwd:short'), 'invalid_input'],
  ['no fingerprint', browserOffer.replaceAll(/a=fingerprint.*\r\n/g, ''), 'invalid_input'],
  ['a fingerprint of a wrong length', browserOffer.replaceAll(/(a=fingerprint.*):..\r\n/g, '$1\r\n'), 'invalid_input'],
  ['an unknown setup', browserOffer.replaceAll('a=setup:actpass', 'a=setup:holdconn'), 'invalid_input'],
  ['two sections of the same mid', browserOffer.replace('a=mid:1', 'a=mid:0'), 'invalid_input'],
  ['a hundred sections', browserOffer + (sections[3] ?? '').replace(/a=mid.*\r\n/, '').repeat(100), 'invalid_input'],
  ['ten thousand lines', browserOffer + 'a=x\r\n'.repeat(10_000), 'invalid_input'],
];

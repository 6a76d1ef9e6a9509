#!/usr/bin/env python3
"""Fake RTSP cameras with the quirks that real ones have, over TCP, and over UDP where a case says so.

Usage: rtsp_cameras.py PORT [SECONDS] (paths: /CASE), or rtsp_cameras.py --list. Loopback only.
"""
import base64, hashlib, os, re, socket, struct, sys, threading, time
PORT = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else 0
HERE = os.path.dirname(os.path.abspath(__file__)); M = os.path.join(HERE, 'media')
LOG = open(os.environ.get('FAKERTSP_LOG', '/dev/null'), 'a', buffering=1)
def read(n):
    try: return open(os.path.join(M, n), 'rb').read()
    except OSError: return b''
def nals(data):
    out = []
    for part in re.split(rb'\x00\x00\x00?\x01', data)[1:]: out.append(part.rstrip(b'\x00') if part.endswith(b'\x00\x00') else part)
    return [n for n in out if n]
def aus(data, hevc=False):
    """Access units: list of lists of NALs."""
    out, cur, have = [], [], False
    for n in nals(data):
        if hevc:
            t = (n[0] >> 1) & 0x3f; vcl = t < 32; first = vcl and n[2] & 0x80; lead = t in (32, 33, 34, 35, 39)
        else:
            t = n[0] & 31; vcl = t in (1, 5); first = vcl and n[1] & 0x80; lead = t in (6, 7, 8, 9)
        if have and (first or lead): out.append(cur); cur, have = [], False
        cur.append(n); have = have or vcl
    if cur: out.append(cur)
    return out
BASE, BF, SL, LONG, IR, GOP8 = (aus(read(f + '.h264')) for f in ('base', 'bframes', 'slices', 'longgop', 'intrarefresh', 'gop8'))
HEVC = aus(read('h265.hevc'), True)
ULAW, G726 = read('ulaw.raw'), read('g726.raw')
def sets(au): 
    s = [n for n in au[0] if n[0] & 31 == 7][0]; p = [n for n in au[0] if n[0] & 31 == 8][0]; return s, p
def fmtp(a, extra=''):
    s, p = sets(a)
    return f'packetization-mode=1;profile-level-id={s[1:4].hex().upper()};sprop-parameter-sets={base64.b64encode(s).decode()},{base64.b64encode(p).decode()}{extra}'

class Sender:
    def __init__(self, conn, ch, pt, ssrc=0x1234, seq=1000, udp=None): self.c, self.ch, self.pt, self.ssrc, self.seq, self.udp = conn, ch, pt, ssrc, seq, udp
    def rtp(self, payload, ts, m):
        b = struct.pack('!BBHII', 0x80, (0x80 if m else 0) | self.pt, self.seq & 0xffff, ts & 0xffffffff, self.ssrc) + payload; self.seq += 1
        if self.udp: self.udp[0].sendto(b, self.udp[1]); return
        self.c.send(b'$' + bytes([self.ch]) + struct.pack('!H', len(b)) + b)
    def nal(self, n, ts, m, mtu=1200, hevc=False):
        if len(n) <= mtu: return self.rtp(n, ts, m)
        if hevc:
            t = (n[0] >> 1) & 0x3f; h = bytes([(n[0] & 0x81) | (49 << 1), n[1]]); body = n[2:]
            parts = [body[i:i+mtu] for i in range(0, len(body), mtu)]
            for i, p in enumerate(parts): self.rtp(h + bytes([(0x80 if i == 0 else 0) | (0x40 if i == len(parts)-1 else 0) | t]) + p, ts, m and i == len(parts)-1)
            return
        t = n[0] & 31; body = n[1:]; parts = [body[i:i+mtu] for i in range(0, len(body), mtu)]
        for i, p in enumerate(parts): self.rtp(bytes([(n[0] & 0xe0) | 28, (0x80 if i == 0 else 0) | (0x40 if i == len(parts)-1 else 0) | t]) + p, ts, m and i == len(parts)-1)
    def au(self, a, ts, hevc=False):
        for i, n in enumerate(a): self.nal(n, ts, i == len(a)-1, hevc=hevc)
    def sr(self, ts, ntp):
        b = struct.pack('!BBHIIIIII', 0x80, 200, 6, self.ssrc, int(ntp) + 2208988800, int((ntp % 1) * 2**32), ts & 0xffffffff, 1, 1)
        self.c.send(b'$' + bytes([self.ch + 1]) + struct.pack('!H', len(b)) + b)

FPS = 15
def loop(a):
    i = 0
    while True: yield i, a[i % len(a)]; i += 1
def strip_sets(a): return [[n for n in u if n[0] & 31 not in (7, 8)] for u in a]
def pace(t0, i): 
    d = t0 + i / FPS - time.monotonic()
    if d > 0: time.sleep(d)

class Camera:
    """Default: plain H.264, parameter sets in SDP and in band. Override pieces for quirks."""
    au = BASE; hevc = False; pt = 96; sdp_sprop = True; extra_media = ''; session_timeout = 60; base_slash = True
    auth = None; content_base = True; control = 'trackID=0'; session_control = '*'; nl = '\r\n'; public = 'OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, GET_PARAMETER'
    def __init__(self, name): self.name = name
    def rtpmap(self): return f'a=rtpmap:{self.pt} ' + ('H265/90000' if self.hevc else 'H264/90000')
    def fmtp(self): return (f'a=fmtp:{self.pt} ' + (fmtp(self.au) if self.sdp_sprop else 'packetization-mode=1')) if not self.hevc else ''
    def video(self): return ['m=video 0 RTP/AVP %d' % self.pt, 'c=IN IP4 0.0.0.0', self.rtpmap(), self.fmtp(), 'a=control:' + self.control]
    def sdp(self):
        return '\r\n'.join(x for x in ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=cam', 't=0 0'] + (['a=control:' + self.session_control] if self.session_control else []) + self.video() + ([self.extra_media] if self.extra_media else []) if x) + '\r\n'
    def play(self, c, tracks):
        s = Sender(c, tracks[0]['ch'], getattr(self, 'sent_pt', self.pt), udp=None if getattr(self, 'sends_interleaved', False) else tracks[0].get('udp')); t0 = time.monotonic()
        for i, u in loop(self.au):
            pace(t0, i); self.frame(s, i, u)
            if len(tracks) > 1: self.other(c, tracks, i)
    def ts(self, i): return 90000 * i // FPS + 777
    def frame(self, s, i, u): s.au(u, self.ts(i), self.hevc)
    def other(self, c, tracks, i): pass

CAMS = {}
def cam(name, **kw):
    def deco(cls): cls.name = name; CAMS[name] = cls; return cls
    return deco
def simple(name, **kw): CAMS[name] = type('C', (Camera,), kw)
simple('plain')
simple('no-sprop', sdp_sprop=False)
simple('no-inband', au_sent=None)
CAMS['no-inband'] = type('C', (Camera,), {'frame': lambda self, s, i, u: s.au([n for n in u if n[0] & 31 not in (7, 8)], self.ts(i))})
simple('no-sprop-empty', fmtp=lambda self: 'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=')
simple('pm0', fmtp=lambda self: 'a=fmtp:96 profile-level-id=4D0014;packetization-mode=0', sdp_sprop=False)
simple('bframes', au=BF)
simple('long-gop', au=LONG)
simple('intra-refresh', au=IR); simple('interlaced', au=aus(read('interlaced.h264')))
for _g in (4, 8): simple(f'gop{_g}', au=aus(read(f'gop{_g}.h264')))
simple('slices', au=SL)
simple('slices-marker-each', au=SL, frame=lambda self, s, i, u: [s.nal(n, self.ts(i), True) for n in u])
simple('sps-own-marker', frame=lambda self, s, i, u: [s.nal(n, self.ts(i-1) if n[0] & 31 in (7, 8) else self.ts(i), True) for n in u])
simple('no-marker', frame=lambda self, s, i, u: [s.nal(n, self.ts(i), False) for n in u])
simple('h265', au=HEVC, hevc=True)
simple('ts-zero-reset', ts=lambda self, i: 90000 * (i % 60) // FPS)
simple('ts-jump-back-hours', ts=lambda self, i: (90000 * i // FPS + 2**31) - (9800*90000 if i % 30 == 20 else 0))
simple('ts-jump-forward-hours', ts=lambda self, i: (90000 * i // FPS) + (37600*90000 if i % 30 == 20 else 0))
simple('ts-step-fwd-hour', ts=lambda self, i: 90000 * i // FPS + (0 if i < 60 else 3600*90000))
simple('ts-wrap', ts=lambda self, i: 90000 * i // FPS + 2**32 - 90000*3)
simple('ts-constant', ts=lambda self, i: 12345)
simple('ts-1000hz', ts=lambda self, i: 1000 * i // FPS)
simple('ts-jitter-back', ts=lambda self, i: 90000 * i // FPS - (9000 if i % 2 else 0) + 90000)
class SrJump(Camera):
    def play(self, c, tracks):
        s = Sender(c, tracks[0]['ch'], 96); t0 = time.monotonic()
        for i, u in loop(self.au):
            pace(t0, i)
            if i % 15 == 0: s.sr(self.ts(i), (0 if i < 60 else time.time()) + i / FPS)
            s.au(u, self.ts(i))
CAMS['sr-1970-then-ntp'] = SrJump
# SDP / control quirks
simple('abs-control', control='rtsp://192.0.2.10:554/live/trackID=0')
simple('abs-session-control', session_control='rtsp://192.0.2.10:554/live/', control='rtsp://192.0.2.10:554/live/trackID=0')
simple('content-base-noscheme', cb='192.0.2.10:554/stream0/')
simple('content-base-other-host', cb='rtsp://192.0.2.10:554/abs-host/')
simple('content-base-noslash', cb='SELFNOSLASH')
simple('no-content-base', content_base=False)
simple('content-base-empty', cb='')
simple('no-session-control', session_control='')
simple('control-query', control='trackID=0?x=1&y=2')
simple('sdp-lf', nl='\n')
simple('reply-lf', reply_lf=True)
simple('cseq-space', cseq=lambda self, n: f'{n} ')
simple('cseq-lower', cseq_name='Cseq')
simple('cseq-zero-first', cseq=lambda self, n: '0' if n == '1' else n)
simple('cseq-missing', cseq_name=None)
simple('header-extra-junk', junk='X-Odd Header Without Colon\r\n')
simple('date-bad', junk='Date: Thu, %d %d %d %d:%d:%d GMT\r\nServer:\r\n')
simple('interleaved-8-9', interleave=8)
simple('transport-no-interleaved', interleave=None)
simple('session-spaces', session='  12345678 ; timeout = 60 ')
simple('session-odd-chars', session='ab$-_.+:/12;timeout=60')
simple('timeout-15', session_timeout=15)
simple('timeout-5', session_timeout=5)
simple('no-options', no_options=True)
simple('get-parameter-400', session_timeout=10, keepalive='400')
simple('get-parameter-400-oldcseq', session_timeout=10, keepalive='400old')
simple('keepalive-close', session_timeout=10, keepalive='close')
simple('keepalive-options-only', session_timeout=10, keepalive='enforce', public='OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY')
simple('status-reason-missing', ok='RTSP/1.0 200')
simple('status-rtsp11', ok='RTSP/1.1 200 OK')
simple('http-before-rtsp', ok='RTSP/1.0  200  OK')
AUD = lambda pt, m, f, ctl, d='': f'm=audio 0 RTP/AVP {pt}\r\nc=IN IP4 0.0.0.0\r\n{m}{f}a=control:{ctl}{d}'
class WithAudio(Camera):
    apt = 0; adata = ULAW; astep = 533; arate = 8000; abytes = 533
    def other(self, c, tracks, i):
        if not hasattr(self, 'as_'): self.as_ = Sender(c, tracks[1]['ch'], self.apt, 0x9999)
        at = (i * self.abytes) % (len(self.adata) - self.abytes); self.as_.rtp(self.adata[at:at+self.abytes], i * self.astep, False)
def audio(name, **kw): CAMS[name] = type('C', (WithAudio,), kw)
audio('pcmu', extra_media=AUD(0, '', '', 'trackID=1'))
audio('pcmu-lower', extra_media=AUD(0, 'a=rtpmap:0 pcmu/8000/1\r\n', '', 'trackID=1'))
audio('g726', apt=97, adata=G726, abytes=266, extra_media=AUD(97, 'a=rtpmap:97 G726-32/8000\r\n', '', 'trackID=1'))
audio('audio-unknown', apt=99, extra_media=AUD(99, 'a=rtpmap:99 X-SECRET-CODEC/8000\r\n', '', 'trackID=1'))
audio('aac-no-config', apt=97, extra_media=AUD(97, 'a=rtpmap:97 MPEG4-GENERIC/16000\r\n', 'a=fmtp:97 streamtype=5;mode=AAC-hbr;SizeLength=13;IndexLength=3;IndexDeltaLength=3\r\n', 'trackID=1'))
audio('audio-silent', extra_media=AUD(0, '', '', 'trackID=1'), other=lambda self, c, t, i: None)
audio('backchannel', extra_media=AUD(0, '', '', 'trackID=1', '\r\na=recvonly') + '\r\n' + 'm=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:trackID=4' + '\r\n' + 'm=audio 0 RTP/AVP 116 115 97 0 8\r\na=rtpmap:116 MPEG4-GENERIC/64000\r\na=rtpmap:115 MPEG4-GENERIC/48000\r\na=rtpmap:97 MPEG4-GENERIC/16000\r\na=control:trackID=5\r\na=sendonly')
audio('two-videos', extra_media='m=video 0 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=control:trackID=1', other=lambda self, c, t, i: None)
audio('metadata', extra_media='m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:trackID=1', other=lambda self, c, t, i: None)
simple('metadata-in-band', frame=lambda self, s, i, u: (s.c.send(b'$\x06\x00\x0c<tt:Meta/>xx'), s.au(u, self.ts(i))))
simple('text-in-interleave', frame=lambda self, s, i, u: (s.c.send(b'RTSP/1.0 400 Bad Request\r\nCSeq: 99\r\n\r\n') if i % 40 == 39 else None, s.au(u, self.ts(i))))
import random as _r
def _bad(u, i):
    if i % 3 == 0: return u
    out = []
    for n in u:
        if n[0] & 31 in (1, 5) and len(n) > 60:
            b = bytearray(n)
            for k in range(3): b[20 + (i * 37 + k * 53) % (len(b) - 20)] ^= 0x55
            n = bytes(b)
        out.append(n)
    return out
simple('corrupt', frame=lambda self, s, i, u: s.au(_bad(u, i), self.ts(i)))
def _lossy(self, s, i, u):
    for k, n in enumerate(u): 
        if (i * 7 + k) % 11 == 0: s.seq += 1; continue
        s.nal(n, self.ts(i), k == len(u) - 1)
simple('lossy', frame=_lossy)
simple('zero-bytes-between', frame=lambda self, s, i, u: (s.c.send(b'\0\0\0\0') if i % 45 == 44 else None, s.au(u, self.ts(i))))
simple('crlf-between', frame=lambda self, s, i, u: (s.c.send(b'\r\n') if i % 5 == 4 else None, s.au(u, self.ts(i))))
class LowRate(Camera):
    rate = 2
    def play(self, c, tracks):
        s = Sender(c, tracks[0]['ch'], 96); t0 = time.monotonic()
        key = [u for u in BASE if any(n[0] & 31 == 5 for n in u)]
        i = 0
        while True:
            d = t0 + i / self.rate - time.monotonic()
            if d > 0: time.sleep(d)
            s.au(key[i % len(key)], int(90000 * i / self.rate)); i += 1   # every picture a keyframe
CAMS['every12'] = type('C', (LowRate,), {'rate': 1/12}); CAMS['fps2'] = LowRate; CAMS['fps1'] = type('C', (LowRate,), {'rate': 1})
simple('server-request', frame=lambda self, s, i, u: (s.c.send(b'OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n') if i == 40 else None, s.au(u, self.ts(i))))
simple('server-announce', frame=lambda self, s, i, u: (s.c.send(b'ANNOUNCE rtsp://cam/x RTSP/1.0\r\nCSeq: 7\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n') if i == 40 else None, s.au(u, self.ts(i))))
simple('udp-only', udp_only=True)
simple('setup-453', setup_status='453 Not Enough Bandwidth')
simple('setup-500', setup_status='500 Internal Server Error')
simple('udp-only-406', udp_only=True, udp_status='406 Not Acceptable')
for _s in ('403 Forbidden', '454 Session Not Found', '501 Not Implemented', '503 Service Unavailable'): simple(f'describe-{_s[:3]}', describe_status=_s)
simple('auth-missing', auth=['MD5'])
simple('auth-wrong', auth=['SHA-256', 'basic'], pw='another')
simple('no-video', sdp=lambda self: 'v=0\r\ns=cam\r\nm=audio 0 RTP/AVP 0\r\na=control:t0\r\n')
class LateKeyframe(Camera):
    """A viewer that comes between two keyframes gets three seconds of frames that build on one it does not have."""
    def play(self, c, tracks):
        s = Sender(c, tracks[0]['ch'], 96); t0 = time.monotonic()
        for i, u in loop(GOP8):
            if i >= 75: pace(t0, i - 75); s.au(u, self.ts(i))
class LateRefresh(Camera):
    """A viewer that comes in the middle never gets a keyframe: the image is refreshed in columns."""
    def frame(self, s, i, u): s.au(self.au[1 + i % (len(self.au) - 1)], self.ts(i))
CAMS['late-refresh'] = type('C', (LateRefresh,), {'au': aus(read('recovery.h264'))})
CAMS['late-keyframe'] = type('C', (LateKeyframe,), {'au': GOP8})
CAMS['late-keyframe-no-sprop'] = type('C', (LateKeyframe,), {'au': GOP8, 'sdp_sprop': False})
simple('describe-404', describe_status='404 Stream Not Found')
simple('teardown-slow')
simple('redirect', describe_status='302 Moved Temporarily')
class Stops(Camera):
    def play(self, c, tracks):
        s = Sender(c, tracks[0]['ch'], 96); t0 = time.monotonic()
        for i, u in loop(self.au):
            pace(t0, i)
            if i > 45: time.sleep(1); continue
            s.au(u, self.ts(i))
CAMS['goes-silent'] = Stops
for _n, _a in (('auth-basic', ['basic']), ('auth-md5', ['MD5']), ('auth-md5-qop', ['MD5q']), ('auth-sha256', ['SHA-256']), ('auth-sha256-qop', ['SHA-256q']), ('auth-sha-then-md5', ['SHA-256', 'MD5']), ('auth-digest-and-basic', ['MD5', 'basic']), ('auth-basic-and-digest', ['basic', 'MD5'])):
    simple(_n, auth=_a)
simple('auth-realm-odd', auth=['MD5'], realm='IP Camera(GH455), "x\\" = é')
simple('auth-realm-comma', auth=['MD5'], realm='Login to, a; b=c')
simple('auth-realm-empty', auth=['MD5'], realm='')
simple('auth-nonce-long', auth=['MD5'], nonce='n' * 300)
simple('auth-stale', auth=['MD5'], stale=True)
simple('auth-special', auth=['basic'], pw='p@:/?#[]%&=+ ü!$^{}')
simple('auth-special-md5', auth=['MD5'], pw='p@:/?#[]%&=+ ü!$^{}')
for _k, _p in (('at', 'P@ss@'), ('braces', 'p{a}^|`'), ('utf8', 'größe'), ('pct', 'Dt4%0X6s'), ('colon', 'a:b'), ('bang', "!$&'()*+,;=")): simple('authraw-' + _k, auth=['MD5'], pw=_p)
simple('auth-dash', auth=['MD5'], pw='111-222_333')
simple('auth-empty-pw', auth=['MD5'], pw='')
simple('auth-every-request-new-nonce', auth=['MD5'], newnonce=True)

# Sessions
for _n, _refused in (('gp', ('GET_PARAMETER',)), ('all', ('GET_PARAMETER', 'OPTIONS', 'SET_PARAMETER'))):
    simple('keepalive-close-' + _n, session_timeout=2, closes_at=_refused)
simple('keepalive-401', session_timeout=2, auth=['MD5'], auth_at=('GET_PARAMETER',))
simple('auth-at-play', auth=['MD5'], auth_at=('PLAY',))
simple('play-no-reply', play_reply=False)
simple('redirect-here', describe_status='302 Moved Temporarily', location='/plain')
simple('redirect-loop', describe_status='301 Moved Permanently', location='/redirect-loop?again')
simple('redirect-request', frame=lambda self, s, i, u: s.c.send(b'REDIRECT * RTSP/1.0\r\nCSeq: 1\r\nLocation: rtsp://127.0.0.1:' + str(PORT).encode() + b'/plain\r\n\r\n') if i == 20 else s.au(u, self.ts(i)))
for _n, _s in (('quoted', '12345678;timeout="30"'), ('seconds', '12345678;timeout=30s'), ('upper', '12345678;TIMEOUT=30'), ('zero', '12345678;timeout=0')): simple('session-' + _n, session=_s)
for _n, _b in (('userinfo', 'rtsp://admin:x@192.0.2.1/plain/'), ('http', 'http://192.0.2.1/plain/'), ('relative', '/live/'), ('quoted', '"rtsp://192.0.2.1/live/"'), ('blanks', ' rtsp://192.0.2.1/live/ ')): simple('content-base-' + _n, cb=_b)
# Channels and ports
class Bye(Camera):
    def frame(self, s, i, u):
        s.au(u, self.ts(i))
        if i % 10 == 5: self.bye(s)
    def bye(self, s): b = struct.pack('!BBHIBBHI', 0x80, 201, 1, s.ssrc, 0x81, 203, 1, s.ssrc); s.c.send(b'$' + bytes([s.ch + 1]) + struct.pack('!H', len(b)) + b)
CAMS['bye-and-on'] = Bye
CAMS['bye'] = type('C', (Bye,), {'frame': lambda self, s, i, u: s.au(u, self.ts(i)) if i < 20 else self.bye(s) if i == 20 else None})
simple('interleaved-rtcp-9', transport='RTP/AVP/TCP;unicast;interleaved=0-9')
simple('interleaved-one', transport='RTP/AVP/TCP;unicast;interleaved=6', force_ch=6)
simple('channel-unexpected', force_ch=4)
simple('payload-type-other', sent_pt=97)
audio('channels-same', transport='RTP/AVP/TCP;unicast;interleaved=0-1', force_ch=0, extra_media=AUD(0, '', '', 'trackID=1'))
simple('udp-sends-interleaved', udp_only=True, sends_interleaved=True)
simple('tcp-answers-udp', answers_udp=True)
class UdpSwapped(Camera):
    """The packets of each frame come in pairs that are swapped."""
    udp_only = True
    def frame(self, s, i, u):
        sock, to = s.udp; held = []
        class Hold:
            def sendto(self, b, a): held.append(b)
        s.udp = (Hold(), to)
        for k, n in enumerate(u): s.nal(n, self.ts(i), k == len(u) - 1, mtu=150)
        s.udp = (sock, to)
        for k in range(0, len(held), 2):
            for b in reversed(held[k:k+2]): sock.sendto(b, to)
CAMS['udp-swapped'] = UdpSwapped

class Conn:
    def __init__(self, s): self.s = s; self.lock = threading.Lock()
    def send(self, b):
        with self.lock: self.s.sendall(b)

def handle(sock):
    c = Conn(sock); cam_ = None; tracks = []; last = [time.monotonic()]; lastgp = [time.monotonic()]; playing = False; nonce = None; count = 0; cs_prev = '0'
    buf = b''
    def reply(status, headers, body='', cs='1'):
        a = cam_
        line = status if status.startswith('RTSP') else 'RTSP/1.0 ' + status
        if status == '200 OK' and getattr(a, 'ok', None): line = a.ok
        h = []
        name = getattr(a, 'cseq_name', 'CSeq') if a else 'CSeq'
        v = a.cseq(cs) if a and hasattr(a, 'cseq') else cs
        if name: h.append(f'{name}: {v}')
        h += headers
        text = line + '\r\n' + ''.join(x + '\r\n' for x in h) + (getattr(a, 'junk', '') if a else '')
        b = body.encode()
        if b: text += f'Content-Length: {len(b)}\r\n'
        text += '\r\n'
        if getattr(a, 'reply_lf', False): text = text.replace('\r\n', '\n')
        c.send(text.encode('latin1', 'replace') + b)
    try:
        sock.settimeout(1)
        start = time.monotonic()
        while time.monotonic() - start < 300:
            ka = getattr(cam_, 'keepalive', None)
            if playing and ka == 'enforce' and time.monotonic() - last[0] > cam_.session_timeout: LOG.write(f'{cam_.name}: session expired\n'); return
            if playing and ka == 'enforce-gp' and time.monotonic() - lastgp[0] > cam_.session_timeout: LOG.write(f'{cam_.name}: session expired (no GET_PARAMETER)\n'); return
            try: d = sock.recv(65536)
            except socket.timeout: continue
            if not d: return
            buf += d
            while buf:
                if buf[:1] == b'$':
                    if len(buf) < 4: break
                    n = struct.unpack('!H', buf[2:4])[0]
                    if len(buf) < 4 + n: break
                    buf = buf[4+n:]; continue
                if b'\r\n\r\n' not in buf: break
                req, _, buf = buf.partition(b'\r\n\r\n'); text = req.decode('latin1'); lines = text.split('\r\n')
                m = re.search(r'^Content-Length: *(\d+)', text, re.M | re.I)
                if m: buf = buf[int(m[1]):]
                method, url, _v = lines[0].split(' ', 2); hd = {k.lower(): v for k, v in (re.split(r': *', l, maxsplit=1) for l in lines[1:] if ':' in l)}
                cs = hd.get('cseq', '0'); last[0] = time.monotonic()
                path = re.sub(r'^rtsp://[^/]*/?', '', url); name = path.split('/')[0].split('?')[0]
                if cam_ is None and name in CAMS: cam_ = CAMS[name](name)
                LOG.write(f'{time.strftime("%H:%M:%S")} {cam_.name if cam_ else "?"}: {lines[0]} cseq={cs} {hd.get("transport","")} {hd.get("authorization","")[:200]}\n')
                if cam_ is None: reply('404 Not Found', [], cs=cs); continue
                if playing and method in getattr(cam_, 'closes_at', ()): return
                if getattr(cam_, 'auth', None) and method != 'OPTIONS' and method in getattr(cam_, 'auth_at', (method,)):
                    user, pw = 'cam', getattr(cam_, 'pw', 'pa55'); realm = getattr(cam_, 'realm', 'IP Camera(C1)'); nonce = nonce or getattr(cam_, 'nonce', 'abcdef12'); got = hd.get('authorization', '').encode('latin1').decode('utf8', 'replace'); ok = False
                    if got.startswith('Basic') and 'basic' in cam_.auth: ok = got == 'Basic ' + base64.b64encode(f'{user}:{pw}'.encode()).decode()
                    if got.startswith('Digest'):
                        f = {k: (v1 or v2) for k, v1, v2 in re.findall(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))', got)}
                        f = {k: (re.findall(rf'{k}="((?:[^"\\]|\\.)*)"', got) or [f[k]])[0] for k in f}
                        for a in cam_.auth:
                            if a == 'basic': continue
                            H = hashlib.sha256 if a.startswith('SHA') else hashlib.md5; hx = lambda s: H(s.encode()).hexdigest()
                            ha1 = hx(f'{user}:{realm}:{pw}'); ha2 = hx(f'{method}:{f.get("uri","")}')
                            if a.endswith('q'): want = hx(f'{ha1}:{nonce}:{f.get("nc")}:{f.get("cnonce")}:{f.get("qop")}:{ha2}') if f.get('qop') else 'x'
                            else: want = hx(f'{ha1}:{nonce}:{ha2}')
                            ok = ok or (f.get('response') == want and f.get('username') == user)
                    if ok and getattr(cam_, 'stale', False) and not getattr(cam_, 'staled', False) and method == 'SETUP': cam_.staled = True; nonce = 'fresh9999'; ok = False
                    if ok and getattr(cam_, 'newnonce', False): pass
                    if not ok:
                        h = []
                        q = '' if getattr(cam_, 'unquoted', False) else '"'
                        for a in cam_.auth:
                            if a == 'basic': h.append(f'WWW-Authenticate: Basic realm="{realm}"')
                            else: h.append(f'WWW-Authenticate: Digest realm={q}{realm}{q}, nonce={q}{nonce}{q}' + (f', algorithm="{a.rstrip("q")}"' if a.startswith('SHA') else '') + (', qop="auth"' if a.endswith('q') else '') + (', stale=true' if getattr(cam_, 'staled', False) else ''))
                        if got: LOG.write(f'{cam_.name}: refused {got}\n')
                        reply('401 Unauthorized', h, cs=cs); continue
                    if getattr(cam_, 'newnonce', False): count += 1; nonce = f'nonce{count}'
                if method == 'OPTIONS':
                    if getattr(cam_, 'no_options', False): reply('501 Not Implemented', [], cs=cs); continue
                    reply('200 OK', ['Public: ' + cam_.public], cs=cs)
                elif method == 'DESCRIBE':
                    st = getattr(cam_, 'describe_status', None)
                    if st: reply(st, ['Location: rtsp://127.0.0.1:' + (f'{PORT}{cam_.location}' if hasattr(cam_, 'location') else '9660/plain')] if st.startswith('30') else [], cs=cs); continue
                    cb = getattr(cam_, 'cb', None); h = ['Content-Type: application/sdp']
                    if cb == 'SELFNOSLASH': cb = url
                    if cam_.content_base: h.append('Content-Base: ' + (cb if cb is not None else url.rstrip('/') + '/'))
                    body = cam_.sdp()
                    if cam_.nl == '\n': body = body.replace('\r\n', '\n')
                    reply('200 OK', h, body, cs=cs)
                elif method == 'SETUP':
                    st = getattr(cam_, 'setup_status', None)
                    if st: reply(st, [], cs=cs); continue
                    tr = hd.get('transport', ''); t = {'url': url}
                    if 'TCP' in tr and getattr(cam_, 'answers_udp', False): trh = 'RTP/AVP;unicast;client_port=0-0;server_port=0-0'; t = None
                    elif 'TCP' in tr:
                        if getattr(cam_, 'udp_only', False): reply(getattr(cam_, 'udp_status', '461 Unsupported Transport'), [], cs=cs); continue
                        want = int((re.search(r'interleaved=(\d+)', tr) or [0, '0'])[1]); il = getattr(cam_, 'interleave', -1)
                        ch = want if il in (-1, None) else want + il; t['ch'] = ch
                        trh = 'RTP/AVP/TCP;unicast' + ('' if il is None else f';interleaved={ch}-{ch+1}')
                    else:
                        p = int(re.search(r'client_port=(\d+)', tr)[1]); us = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); us.bind(('127.0.0.1', 0)); t['udp'] = (us, ('127.0.0.1', p)); t['ch'] = 0
                        trh = f'RTP/AVP;unicast;client_port={p}-{p+1};server_port={us.getsockname()[1]}-{us.getsockname()[1]+1}'
                    if t: tracks.append(t); t['ch'] = getattr(cam_, 'force_ch', t['ch']); trh = getattr(cam_, 'transport', trh)
                    reply('200 OK', ['Transport: ' + trh, 'Session: ' + getattr(cam_, 'session', f'12345678;timeout={cam_.session_timeout}')], cs=cs)
                elif method == 'PLAY':
                    if getattr(cam_, 'play_reply', True): reply('200 OK', ['Session: 12345678', 'Range: npt=0.000-'], cs=cs)
                    if not playing:
                        playing = True; lastgp[0] = time.monotonic()
                        if getattr(cam_, 'video_last', False): tracks.reverse()
                        def go():
                            try: cam_.play(c, tracks)
                            except OSError: pass
                            except Exception as e: LOG.write(f'{cam_.name}: play {e!r}\n')
                        threading.Thread(target=go, daemon=True).start()
                elif method in ('GET_PARAMETER', 'SET_PARAMETER'):
                    lastgp[0] = time.monotonic(); ka = getattr(cam_, 'keepalive', None)
                    if ka == '400': reply('400 Bad Request', [], cs=cs)
                    elif ka == '400old': reply('400 Bad Request', [], cs=str(int(cs)-1))
                    elif ka == 'close': return
                    else: reply('200 OK', ['Session: 12345678'], cs=cs)
                elif method == 'TEARDOWN': reply('200 OK', [], cs=cs); return
                else: reply('200 OK', [], cs=cs)
    except OSError: pass
    except Exception as e: LOG.write(f'{cam_.name if cam_ else "?"}: {e!r}\n')
    finally: sock.close()

if __name__ == '__main__':
    if sys.argv[1] == '--list': print('\n'.join(CAMS)); sys.exit()
    l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); l.bind(('127.0.0.1', int(sys.argv[1]))); l.listen(50); l.settimeout(1)
    end = time.monotonic() + (float(sys.argv[2]) if len(sys.argv) > 2 else 3600)
    while time.monotonic() < end:
        try: s, _a = l.accept()
        except socket.timeout: continue
        threading.Thread(target=handle, args=(s,), daemon=True).start()

#!/usr/bin/env python3
"""Fake HTTP cameras with the quirks that real ones have. Usage: fakehttp.py PORT [SECONDS]   (paths: /CASE). Loopback only."""
import base64, glob, hashlib, os, re, socket, sys, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
M = os.path.join(HERE, 'media')
def load(pattern): return [open(p, 'rb').read() for p in sorted(glob.glob(os.path.join(M, pattern)))]
J = load('j420_*.jpg'); J422 = load('j422_*.jpg'); BIG = load('big_*.jpg'); ODD = load('odd_*.jpg'); GREY = load('grey_*.jpg')
FPS = 5
LOG = open(os.environ.get('FAKEHTTP_LOG', '/dev/null'), 'a', buffering=1)

def segs(j):
    """Split a JPEG head into segments: list of (marker, bytes) and rest from SOS on."""
    out, at = [], 2
    while True:
        m = j[at+1]; n = int.from_bytes(j[at+2:at+4], 'big')
        if m == 0xda: return out, j[at:]
        out.append((m, j[at:at+2+n])); at += 2+n
def join(s, rest): return b'\xff\xd8' + b''.join(b for _, b in s) + rest
def without_dht(j):
    s, r = segs(j); return join([x for x in s if x[0] != 0xc4], r)
def with_app(j, marker, payload):
    return j[:2] + bytes([0xff, marker]) + (len(payload)+2).to_bytes(2, 'big') + payload + j[2:]
def exif(orientation):
    tiff = b'II*\0\x08\0\0\0' + b'\x01\0' + b'\x12\x01\x03\0\x01\0\0\0' + bytes([orientation, 0, 0, 0]) + b'\0\0\0\0'
    return b'Exif\0\0' + tiff
def mpf(j):
    """Two pictures in one: main + a second whole JPEG behind it (as phones' depth/preview)."""
    return with_app(j, 0xe2, b'MPF\0' + b'\0'*60) + J[0]

class Conn:
    def __init__(self, s): self.s = s
    def send(self, b): self.s.sendall(b)

def head(c, ct, extra=b'', version=b'HTTP/1.1', nl=b'\r\n', status=b'200 OK'):
    c.send(version + b' ' + status + nl + b'Content-Type: ' + ct + nl + extra + nl)

def frames(pics, seconds=60):
    i = 0; end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield pics[i % len(pics)]; i += 1; time.sleep(1/FPS)

def std(c, pics=J, b=b'frame', hb=None, cl=True, nl=b'\r\n', ct=b'image/jpeg', extra=b'', version=b'HTTP/1.1', pre=b'', after=b'\r\n', partextra=b'', seconds=60):
    head(c, b'multipart/x-mixed-replace;boundary=' + (hb if hb is not None else b), extra, version, nl)
    c.send(pre)
    for p in frames(pics, seconds):
        h = b'--' + b + nl + b'Content-Type: ' + ct + nl
        if cl: h += b'Content-Length: ' + str(len(p)).encode() + nl
        c.send(h + partextra + nl + p + after)

def chunk(b): return b'%x\r\n' % len(b) + b + b'\r\n'

CASES = {}
def case(name):
    def deco(f): CASES[name] = f; return f
    return deco

case('plain')(lambda c, r: std(c))
case('no-length')(lambda c, r: std(c, cl=False))
case('dashes-in-header')(lambda c, r: std(c, b=b'myboundary', hb=b'--myboundary'))
case('quoted')(lambda c, r: std(c, b=b'myboundary', hb=b'"myboundary"'))
case('quoted-dashes')(lambda c, r: std(c, b=b'myboundary', hb=b'"--myboundary"'))
case('boundary-space')(lambda c, r: std(c, b=b'my boundary', hb=b'"my boundary"'))
case('boundary-param-after')(lambda c, r: std(c, b=b'b1', hb=b'b1; charset=utf-8'))
case('lf-only')(lambda c, r: std(c, nl=b'\n', after=b'\n'))
case('lf-only-parts')(lambda c, r: (head(c, b'multipart/x-mixed-replace; boundary=frame'), [c.send(b'--frame\nContent-Type: image/jpeg\nContent-Length: %d\n\n' % len(p) + p + b'\n') for p in frames(J)]))
case('preamble')(lambda c, r: std(c, pre=b'This is a stream of pictures for viewers that know it.\r\n\r\n'))
case('preamble-crlf')(lambda c, r: std(c, pre=b'\r\n'))
case('preamble-crlfcrlf')(lambda c, r: std(c, pre=b'\r\n\r\n'))
case('http10-noct')(lambda c, r: (c.send(b'HTTP/1.0 200 OK\r\n\r\n'), [c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n') for p in frames(J)]))
case('no-status-line')(lambda c, r: (c.send(b'Content-Type: multipart/x-mixed-replace;boundary=frame\r\n\r\n'), [c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n') for p in frames(J)]))
case('image-jpg')(lambda c, r: std(c, ct=b'image/jpg'))
case('part-ct-params')(lambda c, r: std(c, ct=b'image/jpeg;size=12345'))
case('part-ct-missing')(lambda c, r: (head(c, b'multipart/x-mixed-replace; boundary=frame'), [c.send(b'--frame\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n') for p in frames(J)]))
case('lowercase')(lambda c, r: (head(c, b'multipart/x-mixed-replace; boundary=frame'), [c.send(b'--frame\r\ncontent-type:image/jpeg\r\ncontent-length:%d\r\n\r\n' % len(p) + p + b'\r\n') for p in frames(J)]))
case('multipart-mixed')(lambda c, r: (head(c, b'multipart/mixed; boundary=frame'), [c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n') for p in frames(J)]))
case('double-boundary')(lambda c, r: std(c, b=b'ThisString', pre=b'--ThisString\r\n'))
case('closing-dashes')(lambda c, r: (head(c, b'multipart/x-mixed-replace; boundary=frame'), [c.send(b'--frame--\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n') for p in frames(J)]))
@case('no-first-boundary')
def _(c, r):
    head(c, b'multipart/x-mixed-replace;boundary=e8b8c539-047d')
    for p in frames(J): c.send(b'Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n--e8b8c539-047d\r\n')
@case('no-first-boundary-chunked')
def _(c, r):
    head(c, b'multipart/x-mixed-replace;boundary=123456789000000000000987654321', b'Transfer-Encoding: chunked\r\nAccess-Control-Allow-Origin: *\r\n')
    for p in frames(J):
        c.send(chunk(b'Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p))); c.send(chunk(p)); c.send(chunk(b'\r\n--123456789000000000000987654321\r\n'))
@case('esp32-chunked')
def _(c, r):
    head(c, b'multipart/x-mixed-replace;boundary=123456789000000000000987654321', b'Transfer-Encoding: chunked\r\nAccess-Control-Allow-Origin: *\r\nX-Framerate: 60\r\n')
    for p in frames(J):
        c.send(chunk(b'\r\n--123456789000000000000987654321\r\n')); c.send(chunk(b'Content-Type: image/jpeg\r\nContent-Length: %d\r\nX-Timestamp: 12.345678\r\n\r\n' % len(p))); c.send(chunk(p))
@case('boundary-not-in-body')
def _(c, r):
    head(c, b'multipart/x-mixed-replace;boundary=aaa')
    for p in frames(J): c.send(b'--bbb\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n')
@case('length-too-small')
def _(c, r):
    head(c, b'multipart/x-mixed-replace;boundary=frame')
    for p in frames(J): c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % (len(p)-7) + p + b'\r\n')
@case('length-text')
def _(c, r):
    head(c, b'multipart/x-mixed-replace;boundary=frame')
    for p in frames(J): c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d bytes\r\n\r\n' % len(p) + p + b'\r\n')
@case('length-zero')
def _(c, r):
    head(c, b'multipart/x-mixed-replace;boundary=frame')
    for p in frames(J): c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 0\r\n\r\n' + p + b'\r\n')
@case('avi1-no-dht')
def _(c, r): std(c, [with_app(without_dht(j), 0xe0, b'AVI1\0' + b'\0'*9) for j in J422])
case('boundary-empty-line-extra')(lambda c, r: std(c, [b'\r\n' + j for j in J], cl=False))
case('http11-close-0-length')(lambda c, r: std(c, extra=b'Content-Length: 0\r\n'))
case('big-content-length')(lambda c, r: std(c, extra=b'Content-Length: 999999999\r\n'))
def paced(name, rate, ct, begin=0):
    def f(c, r):
        d = open(os.path.join(M, name), 'rb').read(); head(c, ct)
        for turn in range(20):
            for at in range(begin if turn == 0 else 0, len(d), 1000): c.send(d[at:at+1000]); time.sleep(1000 / rate)
    return f
def flv(name, seconds):
    n = os.path.getsize(os.path.join(M, name)) if os.path.exists(os.path.join(M, name)) else 1
    return paced(name, n / seconds, b'video/x-flv')
CASES['flv-gop4'] = flv('gop4.flv', 8)
CASES['ts'] = paced('base.m2ts', 25000, b'video/mp2t'); CASES['ts-bframes'] = paced('bf.m2ts', 8000, b'video/mp2t')
GOP4 = os.path.getsize(os.path.join(M, 'gop4.m2ts'))
# Joined between two keyframes, as a relay lets its second viewer join.
CASES['ts-mid-gop'] = paced('gop4.m2ts', GOP4 / 8, b'video/mp2t', GOP4 // 10 // 188 * 188)
CASES['raw-h264'] = paced('base.h264', 15000, b'video/h264'); CASES['raw-h265'] = paced('h265.hevc', 15000, b'application/octet-stream')
@case('h264-parts')
def _(c, r):
    d = open(os.path.join(M, 'base.h264'), 'rb').read(); head(c, b'multipart/x-mixed-replace;boundary=data-boundary--', b'Content-Length: -1\r\n')
    for _ in range(20):
        for at in range(0, len(d), 1500):
            c.send(b'--data-boundary--\r\nContent-Type: audio/g711u\r\nContent-Length: 800\r\n\r\n' + b'\x7f' * 800 + b'\r\n'); p = d[at:at+1500]
            c.send(b'--data-boundary--\r\nContent-Type: video/x-h264\r\nContent-Length: %d\r\nX-FrameType: 0\r\n\r\n' % len(p) + p + b'\r\n'); time.sleep(0.1)
case('long-part-header')(lambda c, r: std(c, partextra=b'X-Meta: ' + b'm' * 900 + b'\r\n'))
case('no-crlf-before-boundary')(lambda c, r: std(c, after=b''))
case('ends-after-9s')(lambda c, r: std(c, seconds=9))
@case('two-jpegs-in-part')
def _(c, r): std(c, [J[i] + J[i+1] for i in range(0, 12, 2)])
@case('empty-part-between')
def _(c, r):
    head(c, b'multipart/x-mixed-replace;boundary=frame')
    for p in frames(J): c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 0\r\n\r\n\r\n')
@case('raw-jpegs')
def _(c, r):
    head(c, b'video/x-motion-jpeg')
    for p in frames(J): c.send(p)
@case('snapshot')
def _(c, r):
    i = int(time.time()*5) % len(J); p = J[i]
    head(c, b'image/jpeg', b'Content-Length: %d\r\nConnection: close\r\n' % len(p)); c.send(p)
@case('login-page')
def _(c, r):
    b = b'<html><body><h1>Log in</h1></body></html>'
    head(c, b'text/html', b'Content-Length: %d\r\nConnection: close\r\n' % len(b)); c.send(b)
case('slow-1fps')(lambda c, r: (head(c, b'multipart/x-mixed-replace; boundary=frame'), [(c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n'), time.sleep(0.8)) for p in frames(J)]))
case('lf-only-1fps')(lambda c, r: (head(c, b'multipart/x-mixed-replace; boundary=frame', nl=b'\n'), [(c.send(b'--frame\nContent-Type: image/jpeg\nContent-Length: %d\n\n' % len(p) + p + b'\n'), time.sleep(0.8)) for p in frames(J)]))
case('head-lf-body-crlf')(lambda c, r: (head(c, b'multipart/x-mixed-replace; boundary=frame', nl=b'\n'), [(c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n'), time.sleep(0.8)) for p in frames(J)]))
case('slow-4s')(lambda c, r: (head(c, b'multipart/x-mixed-replace; boundary=frame'), [(c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n'), time.sleep(3.8)) for p in frames(J)]))
case('slow-6s')(lambda c, r: (head(c, b'multipart/x-mixed-replace; boundary=frame'), [(c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n'), time.sleep(5.8)) for p in frames(J)]))
@case('dribble')
def _(c, r):
    head(c, b'multipart/x-mixed-replace;boundary=frame')
    for p in frames(J):
        b = b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n'
        for at in range(0, len(b), 700): c.send(b[at:at+700]); time.sleep(0.004)
@case('ends-after-10')
def _(c, r):
    head(c, b'multipart/x-mixed-replace;boundary=frame')
    for n, p in enumerate(frames(J)):
        if n == 10: c.send(b'--frame--\r\n'); return
        c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n')
case('j422')(lambda c, r: std(c, J422))
case('no-dht')(lambda c, r: std(c, [without_dht(j) for j in J422]))
case('odd-444')(lambda c, r: std(c, ODD))
case('grey')(lambda c, r: std(c, GREY))
case('trailing-zeros')(lambda c, r: std(c, [j + b'\0'*3000 for j in J]))
case('trailing-garbage-no-length')(lambda c, r: std(c, [j + b'\0'*300 for j in J], cl=False))
case('no-eoi')(lambda c, r: std(c, [j[:-2] for j in J]))
case('no-eoi-some')(lambda c, r: std(c, [j if i % 2 else j[:-2] for i, j in enumerate(J)]))
case('truncated-87')(lambda c, r: std(c, [j if i % 8 == 0 else j[:len(j)//2] for i, j in enumerate(J + J[:4])]))
case('leading-crlf')(lambda c, r: std(c, [b'\r\n' + j for j in J]))
case('exif-rotate')(lambda c, r: std(c, [with_app(j, 0xe1, exif(6)) for j in J]))
case('mpf')(lambda c, r: std(c, [mpf(j) for j in J]))
case('app-huge')(lambda c, r: std(c, [with_app(with_app(with_app(j, 0xef, b'x'*65000), 0xe4, b'y'*65000), 0xfe, b'z'*60000) for j in J]))
case('app-with-boundary')(lambda c, r: std(c, [with_app(j, 0xfe, b'\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n') for j in J]))
case('app-with-boundary-no-length')(lambda c, r: std(c, [with_app(j, 0xfe, b'abc --frame def') for j in J], cl=False))
case('size-change')(lambda c, r: (head(c, b'multipart/x-mixed-replace; boundary=frame'), [c.send(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n' % len(p) + p + b'\r\n') for n, p in enumerate(frames((J + J + BIG)))]))
case('same-picture')(lambda c, r: std(c, J[:1]))
for _n in ('progressive', 'cmyk', 'restart', 'Bprog', 'Bcmyk', 'Bgrey', 'B444', 'Bexif', 'B422', 'B440', 'Bodd'):
    def _f(n):
        def f(c, r):
            p = load(n + '_*.jpg')
            if not p: return head(c, b'text/plain', status=b'500 none')
            std(c, p)
        return f
    CASES[_n] = _f(_n)

def digest_ok(hdr, method, user, pw, alg, nonce, realm, qop):
    f = dict((k, v1 or v2) for k, v1, v2 in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', hdr))
    H = {'MD5': hashlib.md5, 'SHA-256': hashlib.sha256}[alg]
    h = lambda s: H(s.encode('latin1')).hexdigest()
    ha1 = h(f'{user}:{realm}:{pw}'); ha2 = h(f"{method}:{f.get('uri','')}")
    if f.get('qop'): want = h(f"{ha1}:{nonce}:{f.get('nc')}:{f.get('cnonce')}:{f['qop']}:{ha2}")
    else: want = h(f'{ha1}:{nonce}:{ha2}')
    return f.get('username') == user and f.get('response') == want, f

AUTH = {
    'auth-basic': ('basic', 'cam', 'pa55', None, None),
    'auth-basic-special': ('basic', 'cam', 'p@:/?#[]%&=+ ü!', None, None),
    'auth-digest-md5': ('digest', 'cam', 'pa55', ['MD5'], ''),
    'auth-digest-md5-qop': ('digest', 'cam', 'pa55', ['MD5'], 'auth'),
    'auth-digest-qop-list': ('digest', 'cam', 'pa55', ['MD5'], 'auth-int,auth'),
    'auth-digest-sha256': ('digest', 'cam', 'pa55', ['SHA-256'], 'auth'),
    'auth-digest-both': ('digest', 'cam', 'pa55', ['SHA-256', 'MD5'], 'auth'),
    'auth-digest-both-md5first': ('digest', 'cam', 'pa55', ['MD5', 'SHA-256'], 'auth'),
}
def auth(c, req, name):
    kind, user, pw, algs, qop = AUTH[name]
    m = re.search(r'^Authorization: *(.*)$', req, re.M | re.I); got = m.group(1).strip() if m else ''
    realm, nonce = 'Login to 5F081C5PAA', 'abc123nonce'
    ok = False
    if kind == 'basic': ok = got == 'Basic ' + base64.b64encode(f'{user}:{pw}'.encode()).decode()
    elif got.startswith('Digest'):
        for a in algs:
            ok, f = digest_ok(got, 'GET', user, pw, a, nonce, realm, qop)
            if ok: break
    LOG.write(f'{name}: ok={ok} got={got!r}\n')
    if ok: return std(c)
    ch = b''
    if kind == 'basic': ch = b'WWW-Authenticate: Basic realm="x"\r\n'
    else:
        for a in algs:
            ch += f'WWW-Authenticate: Digest realm="{realm}", nonce="{nonce}", algorithm={a}'.encode() + (f', qop="{qop}"'.encode() if qop else b'') + b', opaque="zz"\r\n'
    head(c, b'text/html', ch + b'Content-Length: 0\r\nConnection: close\r\n', status=b'401 Unauthorized')

def serve(s):
    try:
        s.settimeout(70); req = b''
        while b'\r\n\r\n' not in req:
            d = s.recv(4096)
            if not d: return
            req += d
        text = req.decode('latin1'); line = text.split('\r\n')[0]
        path = line.split(' ')[1].split('?')[0].strip('/')
        LOG.write(f'{time.strftime("%H:%M:%S")} {line}\n')
        c = Conn(s)
        if path in AUTH: auth(c, text, path)
        elif path in CASES: CASES[path](c, text)
        elif path == 'redirect-self': c.send(b'HTTP/1.1 302 Found\r\nLocation: /plain\r\nContent-Length: 0\r\n\r\n')
        else: c.send(b'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    except (OSError, BrokenPipeError): pass
    finally: s.close()

if __name__ == '__main__':
    if len(sys.argv) > 1 and sys.argv[1] == '--list': print('\n'.join(list(CASES) + list(AUTH) + ['redirect-self'])); sys.exit()
    port = int(sys.argv[1]); limit = float(sys.argv[2]) if len(sys.argv) > 2 else 3600
    l = socket.socket(); l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); l.bind(('127.0.0.1', port)); l.listen(50); l.settimeout(1)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try: s, _a = l.accept()
        except socket.timeout: continue
        threading.Thread(target=serve, args=(s,), daemon=True).start()

import type { Random } from './random.ts';
import { type Attack, type Target, people } from './target.ts';

const methods = [
  'GET',
  'GET',
  'GET',
  'POST',
  'HEAD',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PRI',
  'get',
];
const targets = [
  ...['/', '/login', '/healthz', '/metrics', '/settings', '/photos', '/account', '/setup', '/live', '/api', '*', ''],
  ...['/stream', '/snapshot', '/snapshot.jpg', '/video.mp4', '/state', '/webcam?action=stream', '/?action=snapshot'],
  ...['/cameras/front/stream.mjpeg?width=160&fps=2', '/cameras/front/live.mp4', '/cameras/front/index.m3u8'],
  ...['/cameras/front/hls/abc/1.mp4', '/cameras/front/snapshot.jpg?width=64', '/cameras/front/poster.jpg', '/whep'],
  ...['/api/cameras', '/api/cameras/front', '/api/frame.jpeg?src=front&w=99', '/api/photos?day=2024-01-01', '/api/me'],
  ...['/assets/x.js', '/icons/icon.png', '/favicon.svg', '/photos/1/file', '/video_feed', '/api/openapi.json'],
  ...['http://example.org/', 'http://127.0.0.1/healthz', '//example.org/x', '/..%2f..%2fetc/passwd', '/assets/../../x'],
] as const;
const headers = [
  ...['Accept: application/json', 'Accept: text/html', 'Accept: */*;q=0', 'Accept-Encoding: gzip, br;q=0, *;q=0.1'],
  ...['Connection: keep-alive', 'Connection: close', 'Connection: Upgrade', 'Upgrade: websocket', 'Upgrade: h2c'],
  ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Version: 99', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='],
  ...['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99', 'Sec-WebSocket-Protocol: a,,b'],
  ...['Range: bytes=0-', 'Range: bytes=5-2', 'Range: bytes=-1,0-0,9999999999999999999-', 'If-Range: "x"'],
  ...[
    'If-None-Match: *',
    'If-None-Match: W/"x", "y',
    'If-Modified-Since: yesterday',
    'If-Match: "',
    'Expect: 100-continue',
  ],
  ...['Expect: magic', 'Cookie: porthole_session=%%%; =; a="b', 'Cookie: __proto__=1; session=..', 'Origin: null'],
  ...[
    'Origin: http://[',
    'Referer: \x80\xff',
    'Authorization: Basic !!!!',
    'Authorization: Basic Og==',
    'Authorization: Bearer',
  ],
  ...[
    'Authorization: Digest x',
    'X-Forwarded-For: ::1, 999.1.1.1',
    'X-Forwarded-Proto: gopher',
    'X-Forwarded-Host: a b',
  ],
  ...[
    'Content-Type: application/json',
    'Content-Type: application/x-www-form-urlencoded',
    'Content-Type: ;;;',
    'TE: trailers',
  ],
  ...['Content-Type: multipart/form-data; boundary=', 'Content-Type: application/sdp', 'Content-Encoding: gzip'],
  ...['Content-Length: 5', 'Content-Length: -1', 'Content-Length: 99999999999999999999', 'Content-Length: 5, 6'],
  ...['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: xchunked', 'Trailer: Host'],
  ...[
    ' folded: x',
    'NoColon',
    ': empty',
    'X-Very-Long: ' + 'x'.repeat(9_000),
    'Host: other.example',
    'Host: [::1',
    'X: \0',
  ],
] as const;
const bodies = [
  ...['', 'hello', '{}', '{"a":1}', '[', 'null', '"x"', 'a=1&b=%zz&__proto__=x', '_csrf=x&username=admin&password=x'],
  ...[
    '5\r\nhello\r\n0\r\n\r\n',
    '5;ext="\r\nhello\r\n0\r\nX: y\r\n\r\n',
    'ffffffffffffffff\r\nx',
    '-1\r\n\r\n',
    '0\r\n\r\n',
  ],
  ...[
    '--\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n----\r\n',
    '{"a":'.repeat(3_000),
    '[1,'.repeat(9_000),
  ],
] as const;

/** Requests as bytes: odd methods, targets, headers and bodies, several ahead, in pieces, with mistakes. */
export function httpRequests(target: Target): Attack {
  return {
    name: 'HTTP requests',
    async step({ random, note, answered }) {
      // Those of admins would be obeyed, and take the canary's camera away.
      const person = random.pick(people.filter((each) => each !== 'admin'));
      const credentials = Object.entries(target.headersOf(person)).map(([name, value]) => `${name}: ${value}`);
      const requests = Array.from({ length: random.chance(0.7) ? 1 : 1 + random.below(12) }, () =>
        requestOf(random, credentials),
      );
      const whole = Buffer.from(requests.join(''), 'latin1');
      const bytes = random.chance(0.25) ? random.mutate(whole) : whole;
      note(bytes);
      const socket = await target.connect();
      const received = await target.exchange(socket, piecesOf(random, bytes), 60);
      for (const [, status] of received.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3})/g)) answered(Number(status));
    },
  };
}

function requestOf(random: Random, credentials: readonly string[]): string {
  const url = random.chance(0.7) ? random.pick(targets) : random.pick(targets) + encoded(random);
  const lines = [
    `${random.pick(methods)} ${url} HTTP/${random.chance(0.95) ? '1.1' : random.text()}`,
    ...(random.chance(0.9) ? ['Host: 127.0.0.1'] : []),
    ...random.some(credentials, 0.7),
    ...random.many(random.chance(0.5) ? 1 : 4, () => random.pick(headers)),
    ...(random.chance(0.1) ? [`${random.text()}: ${random.text()}`] : []),
  ];
  const body = random.pick(bodies);
  const hasBody = random.chance(0.4);
  if (hasBody && random.chance(0.8)) lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return `${lines.join('\r\n')}\r\n\r\n${hasBody ? body : ''}`;
}

function encoded(random: Random): string {
  const name = random.pick(['width', 'fps', 'token', 'camera', 'codec', 'day', 'src', 'next', 'nonce', random.text()]);
  const value = random.chance(0.7) ? encodeURIComponent(random.text().toWellFormed()) : random.text();
  return random.pick([
    `?${name}=${value}`,
    `/${value}`,
    `?${name}[]=${value}&${name}=1`,
    `%`,
    `?${value}`,
    `;${value}`,
    `#${value}`,
  ]);
}

function piecesOf(random: Random, bytes: Buffer): readonly Buffer[] {
  if (random.chance(0.7)) return [bytes];
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length && pieces.length < 50;) {
    const end = pieces.length === 49 ? bytes.length : at + 1 + random.below(200);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

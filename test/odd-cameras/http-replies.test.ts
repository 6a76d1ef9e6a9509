// Replies of HTTP cameras, byte for byte, and what the server makes of them.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseChallenges } from '../../src/formats/http-auth/challenges.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { watch } from '../support/watching.ts';
import { outcomeOf, problemOf } from './outcome.ts';

const media = (name: string): Buffer => readFileSync(new URL(`media/${name}`, import.meta.url));
const jpegs = ['j420_01.jpg', 'j420_02.jpg', 'j420_03.jpg', 'j420_04.jpg'].map(media);
const [first] = jpegs as [Buffer];

interface Request {
  readonly head: string;
  /** How many requests the camera had before this one. */
  readonly count: number;
  /** When it arrived, in milliseconds of `performance.now()`. */
  readonly at: number;
}

/** Answers a request. The connection stays open unless the camera ends it. */
type Camera = (socket: Socket, request: Request) => void;

const ok = (type: string, more = ''): string => `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\n${more}\r\n`;
const says =
  (...pieces: readonly (string | Buffer)[]): Camera =>
  (socket) => {
    for (const piece of pieces) socket.write(piece);
    socket.end();
  };
const status = (line: string, headers = ''): Camera => says(`HTTP/1.1 ${line}\r\n${headers}Content-Length: 0\r\n\r\n`);
const multipart = ok('multipart/x-mixed-replace; boundary=b');
const part = (jpeg: Buffer): Buffer => Buffer.concat([Buffer.from('--b\r\nContent-Type: image/jpeg\r\n\r\n'), jpeg]);

const sendJpeg = (socket: Socket, count: number): void => {
  socket.write(ok('image/jpeg'));
  socket.end(jpegs[count % jpegs.length] as Buffer);
};

/** Sends a start, and then ten frames a second. */
const streaming =
  (start: string, wrap: (jpeg: Buffer) => Buffer): Camera =>
  (socket) => {
    socket.write(start);
    let at = 0;
    const timer = setInterval(() => socket.write(wrap(jpegs[at++ % jpegs.length] as Buffer)), 100);
    socket.once('close', () => clearInterval(timer));
  };
const streams = streaming(multipart, part);

/** Asks for Digest with SHA-256, and takes each nonce once or for a number of requests. */
function digest(uses: number, then: Camera): Camera {
  const h = (text: string): string => createHash('sha256').update(text).digest('hex');
  let [nonce, used] = [0, 0];
  return (socket, request) => {
    const header = /^Authorization: (.*)$/m.exec(request.head)?.[1] ?? '';
    const signed = Object.fromEntries(parseChallenges([header])[0]?.parameters ?? []);
    const { uri, nc, cnonce, response } = signed;
    const a2 = h(`GET:${uri}`);
    const isRight = response === h(`${h('cam:Tor, "Süd":p/w#1')}:n${nonce}:${nc}:${cnonce}:auth:${a2}`);
    if (isRight && signed.nonce === `n${nonce}` && parseInt(nc ?? '', 16) === used + 1 && used < uses) {
      used += 1;
      return then(socket, request);
    }
    nonce += 1;
    used = 0;
    const realm = Buffer.from('Tor, \\"Süd\\"').toString('latin1');
    const challenge = `Digest realm="${realm}", nonce=n${nonce}, qop="auth", algorithm=SHA-256, opaque="x"`;
    const head = `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x", ${challenge}\r\n\r\n`;
    return socket.end(Buffer.from(head, 'latin1'));
  };
}

const page = '<!DOCTYPE html><html><body><form>Log in</form></body></html>';
const digestLogin = 'cam:p%2Fw%231@';

/** Cameras that end in a sentence: what they answer, the code, and the sentence. */
const sentences: Readonly<Record<string, readonly [Camera, code: string, message: RegExp, login?: string]>> = {
  'no-login': [
    status('401 Unauthorized', 'WWW-Authenticate: Basic realm="x"\r\n'),
    'source_unauthorized',
    /Add them to its address/,
  ],
  'wrong-basic': [
    status('401 Unauthorized', 'WWW-Authenticate: Basic realm="x"\r\n'),
    'source_unauthorized',
    /rejects this name/,
    'a:b@',
  ],
  'wrong-digest': [digest(9, streams), 'source_unauthorized', /rejects this name/, 'cam:wrong@'],
  'wrong-silent': [status('401 Unauthorized'), 'source_unauthorized', /rejects this name/, 'a:b@'],
  ntlm: [status('401 Unauthorized', 'WWW-Authenticate: NTLM\r\n'), 'source_unauthorized', /does not support/, 'a:b@'],
  forbidden: [status('403 Forbidden'), 'source_unauthorized', /forbids access/],
  missing: [status('404 Not Found'), 'source_not_found', /no stream at this path/],
  broken: [status('500 Internal Server Error'), 'source_unreachable', /an error of its own \(500\)/],
  busy: [status('503 Service Unavailable'), 'source_full', /as many viewers as it can/],
  full: [status('453 Not Enough Bandwidth'), 'source_full', /as many viewers as it can/],
  bad: [status('400 Bad Request'), 'source_not_found', /rejects the request .*\(400\)/],
  whep: [status('405 Method Not Allowed', 'Allow: POST\r\n'), 'source_not_video', /WebRTC \(WHEP\)/],
  post: [
    status('405 Method Not Allowed', 'Allow: POST\r\n'),
    'source_not_video',
    /does not deliver a stream on request/,
  ],
  moved: [
    status('301 Moved', 'Location: http://me:secret@127.0.0.2/other?a=b\r\n'),
    'source_redirected',
    /redirects Porthole to http:\/\/127\.0\.0\.2\/…\. /,
  ],
  page: [says(ok('text/html'), page), 'source_not_video', /web page/],
  'page-as-jpeg': [says(ok('image/jpeg'), page), 'source_not_video', /web page/],
  hls: [says(ok('text/plain'), '#EXTM3U\n#EXT-X-VERSION:3\n'), 'source_not_video', /HLS playlist/],
  dash: [says(ok('application/dash+xml'), '<?xml version="1.0"?><MPD></MPD>'), 'source_not_video', /DASH playlist/],
  json: [says(ok('application/json'), '{"error":"no such channel"}'), 'source_not_video', /text or data/],
  png: [says(ok('image/png'), '\x89PNG\r\n\x1a\n0000IHDR'), 'source_not_video', /not a JPEG/],
  'png-parts': [
    says(multipart, '--b\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n0000IHDR'),
    'source_not_video',
    /not a JPEG/,
  ],
  'full-in-words': [says(ok('text/plain'), 'Too many users\n'), 'source_full', /as many viewers as it can/],
  rtsp: [says('RTSP/1.0 400 Bad Request\r\nCSeq: 0\r\n\r\n'), 'source_not_video', /Write rtsp:\/\//],
  silent: [says(), 'source_ended', /sends no image/],
  empty: [says(multipart), 'source_ended', /sends no image/],
  blank: [says(ok('image/jpeg', 'Content-Length: 0\r\n')), 'source_ended', /sends no image/],
};

/** Cameras that are shown. */
const shown: Readonly<Record<string, readonly [Camera, login?: string, fragment?: string]>> = {
  // One frame, and then nothing: it must not wait for the next boundary.
  'one-frame': [(socket) => socket.write(Buffer.concat([Buffer.from(multipart), part(first)]))],
  'one-frame-without-eoi': [
    (socket) => {
      const head = `--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${first.length - 2}\r\n\r\n`;
      socket.write(Buffer.concat([Buffer.from(`${multipart}${head}`), first.subarray(0, -2)]));
    },
  ],
  'session-cookie': [
    (socket, request) => {
      if (/^Cookie: a=0; session=1\r$/m.test(request.head)) return streams(socket, request);
      const cookies = 'Set-Cookie: a=0\r\nSet-Cookie: session=1; Path=/; HttpOnly\r\n';
      return status('302 Found', `Location: session-cookie\r\n${cookies}`)(socket, request);
    },
  ],
  'preamble-without-type': [streaming('HTTP/1.0 200 OK\r\n\r\nA stream of pictures follows.\r\n', part)],
  'no-head': [streaming('', (jpeg) => jpeg)],
  'keeps-alive': [
    (socket, { count }) => {
      const jpeg = jpegs[count % jpegs.length] as Buffer;
      socket.write(Buffer.concat([Buffer.from(ok('image/jpeg', `Content-Length: ${jpeg.length}\r\n`)), jpeg]));
    },
  ],
  // A single JPEG that ends neither with a length nor with the connection.
  'keeps-open': [
    (socket, { count }) =>
      socket.write(Buffer.concat([Buffer.from(ok('image/jpeg')), jpegs[count % jpegs.length] as Buffer])),
  ],
  'digest-sha256': [digest(9, streams), digestLogin],
  'digest-new-nonces': [
    // Every second request is rejected.
    digest(1, (socket, { count }) => sendJpeg(socket, count >> 1)),
    digestLogin,
    '#fps=10',
  ],
  'digest-ts': [
    digest(9, (socket) => {
      socket.write(ok('video/mp2t'));
      const ts = media('base.m2ts');
      let at = 0;
      const timer = setInterval(() => {
        socket.write(ts.subarray(at, at + 2_500));
        at = (at + 2_500) % ts.length;
      }, 100);
      socket.once('close', () => clearInterval(timer));
    }),
    digestLogin,
  ],
};

describe('an HTTP camera', () => {
  const requests = new Map<string, Request[]>();
  /** Ends after three frames, every time. */
  const ends: Camera = says(multipart, ...jpegs.slice(0, 3).map(part));
  /** Is busy for one request after each stream, as cameras are that serve one viewer. */
  const pauses: Camera = (socket, request) => (request.count % 2 === 1 ? status('503 Busy') : ends)(socket, request);
  const single: Camera = (socket, { count }) => sendJpeg(socket, count);
  const all: Readonly<Record<string, readonly [Camera, login?: string, fragment?: string]>> = {
    ...Object.fromEntries(Object.entries(sentences).map(([name, [camera, , , login]]) => [name, [camera, login]])),
    ...shown,
    ends: [ends],
    pauses: [pauses],
    single: [single, '', '#fps=2'],
  };
  let cameras: Server;
  let server: TestServer;
  let token: string;

  beforeAll(async () => {
    cameras = createServer((socket) => {
      let head = '';
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        head += bytes.toString('latin1');
        if (!head.endsWith('\r\n\r\n')) return;
        const name = /^GET \/([\w-]+)/.exec(head)?.[1] ?? '';
        const before = requests.get(name) ?? [];
        const request = { head, count: before.length, at: performance.now() };
        requests.set(name, [...before, request]);
        head = '';
        all[name]?.[0](socket, request);
      });
    });
    await once(cameras.listen(0, '127.0.0.1'), 'listening');
    const { port } = cameras.address() as AddressInfo;
    server = await startServer({
      args: Object.entries(all).flatMap(([name, [, login = '', fragment = '']]) => [
        '--camera',
        `${name}=http://${login}127.0.0.1:${port}/${name}/${fragment}`,
      ]),
    });
    token = await server.token();
  });
  afterAll(async () => {
    await server.stop();
    cameras.close();
  });

  /** Watches until this many different frames of the camera have been shown, none of them a placeholder. */
  async function see(name: string, count: number): Promise<void> {
    using viewer = await watch(server, token, `/cameras/${name}/stream.mjpeg`);
    const seen = new Set<number>();
    while (seen.size < count) {
      const part = await viewer.next();
      if (part === null) throw new Error(`the stream ended after ${seen.size} frames`);
      seen.add(jpegs.findIndex((jpeg) => jpeg.equals(part.bytes)));
      seen.delete(-1);
    }
  }

  it.concurrent.each(Object.entries(sentences))('is explained: %s', async (name, [, code, message]) => {
    const problem = { code, message: expect.stringMatching(message) as string };
    expect(await problemOf(server, token, name)).toMatchObject(problem);
  });

  it.concurrent.each(Object.keys(shown).filter((name) => name !== 'digest-ts'))('is shown: %s', async (name) => {
    await see(name, name.startsWith('one-frame') ? 1 : 3);
  });

  it.concurrent('is shown by FFmpeg with a sign-in that FFmpeg does not support', async () => {
    const { state, viewer } = await outcomeOf(server, token, 'digest-ts');
    using _viewer = viewer;
    expect(state).toMatchObject({ kind: 'live', format: 'h264', width: 320, height: 240 });
  });

  it.concurrent('that delivers single JPEGs is asked at the rate of its address', async () => {
    await see('single', 4);
    const times = (requests.get('single') ?? []).map(({ at }) => at);
    expect(times.length).toBeGreaterThanOrEqual(4);
    for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] as number)).toBeGreaterThan(400);
    expect(requests.get('single')?.[0]?.head).toContain('GET /single/ HTTP/1.1');
  });

  it.concurrent.each(['ends', 'pauses'])('whose stream %s is asked again without a failure', async (name) => {
    using viewer = await watch(server, token, `/cameras/${name}/stream.mjpeg`);
    while ((requests.get(name)?.length ?? 0) < 6)
      if ((await viewer.next()) === null) throw new Error('the stream ended');
    const failures = server.log.filter(({ msg, camera }) => camera === name && msg?.startsWith('camera failed'));
    expect(failures).toEqual([]);
  });
});

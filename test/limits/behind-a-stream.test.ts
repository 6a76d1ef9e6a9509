import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { SteadyMultipart } from '../support/steady-viewer.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer({ args: ['--access', 'public', '--camera', 'Test=test:?width=320&height=240&fps=30'] });
});
afterAll(async () => server.stop());

const socketKey = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${socketKey}\r\n`;
const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

const streams = {
  MJPEG: get('/cameras/test/stream.mjpeg'),
  'MJPEG that asks with a body which never ends': get('/stream', 'Content-Length: 1000\r\n'),
  MP4: get('/cameras/test/live.mp4'),
  'the socket of a page': upgrade('/live'),
};

/** What a client sends after its request. */
const behind = {
  'a request': get('/healthz'),
  'a request before which the server is asked': get('/healthz', 'Expect: 100-continue\r\nContent-Length: 5\r\n'),
  'a request that expects the unknown': get('/healthz', 'Expect: the-unknown\r\n'),
  'a WebSocket': upgrade('/live'),
  'a WebSocket where there is none': upgrade('/nowhere'),
  'a form': 'POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\na=b',
  'a proxy request': 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n',
  'a broken request': 'GET / HTTP/9.9\r\n\r\n',
  'a request without host': 'GET / HTTP/1.1\r\n\r\n',
  'endless headers': get('/', `X: ${'x'.repeat(40_000)}\r\n`),
  noise: '\x16\x03\x01\x02\x00'.repeat(200),
};

describe.each(Object.keys(streams) as (keyof typeof streams)[])('behind %s', (stream) => {
  it('nothing is answered', async () => {
    using viewer = await SteadyMultipart.open(`${server.url}/stream`, '');
    await viewer.next(() => true, 10_000, 'the first frame');
    const one = stream === 'the socket of a page' ? 'HTTP/1.1 101' : 'HTTP/1.1 200';
    await Promise.all(
      Object.entries(behind).map(async ([name, bytes]) => {
        const received = [
          heads(await bytesOf(streams[stream], bytes)),
          heads(await bytesOf(streams[stream], bytes, 'later')),
        ];
        // Node.js closes the connection on a proxy request. Everything else leaves the stream alone.
        if (name === 'a proxy request') expect([[], [one]]).toContainEqual(received[0]);
        else expect([name, ...received]).toEqual([name, [one], [one]]);
      }),
    );
    expect(viewer.complaints).toEqual([]);
  });
});

it('an upgrade behind a request waits for the answer, and is none then', async () => {
  const text = await bytesOf(get('/healthz') + get('/login'), `${upgrade('/live')}`);
  expect(heads(text)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404']);
});

/** The starts of all responses in what was received. */
function heads(text: string): readonly string[] {
  return text.match(/HTTP\/1\.1 \d{3}/g) ?? [];
}

/** What a connection receives within half a second after it has sent these. */
async function bytesOf(first: string, then: string, when: 'at once' | 'later' = 'at once'): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => undefined);
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.write(when === 'at once' ? first + then : first);
  await expect.poll(() => text !== '' || socket.destroyed, { timeout: 10_000 }).toBe(true);
  if (when === 'later') socket.write(then, 'latin1');
  await delay(500);
  socket.destroy();
  return text;
}

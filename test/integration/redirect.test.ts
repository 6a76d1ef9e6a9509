import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { everyCapture } from '../../src/cameras/captures/every-capture.ts';
import { SourceProbe } from '../../src/cameras/captures/source-probe.ts';
import { parseSource } from '../../src/domain/cameras/source.ts';
import { AddressPolicy } from '../../src/cameras/sources/address-policy.ts';
import { SourceRules } from '../../src/cameras/sources/source-rules.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const { captures } = everyCapture({
  h264Encoder: 'x264',
  environment: {},
  memory: null,
  transcoderCameras: 1,
  log: silent,
});
const probe = new SourceProbe(new SourceRules(new AddressPolicy([]), null), captures, silent);

/** A server that gives each request this answer and counts the requests. */
async function serve(answer: (request: string) => string): Promise<{ port: number; asked: () => number }> {
  let asked = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      asked += 1;
      socket.write(answer(data.toString('latin1')));
    });
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, asked: () => asked };
}

describe('a camera that redirects', () => {
  it('is not followed over HTTP', async () => {
    const inner = await serve(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno');
    const outer = await serve(() => `HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:${inner.port}/\r\n\r\n`);
    const result = await probe.probe(`http://127.0.0.1:${outer.port}/video`, { trusted: true });
    expect(result).toMatchObject({ ok: false, problem: { code: 'source_redirected' } });
    expect(result.ok ? '' : result.problem.message).toContain(`127.0.0.1:${inner.port}`);
    expect(outer.asked()).toBeGreaterThan(0);
    expect(inner.asked()).toBe(0);
  });

  it('is not followed over RTSP either, and the message contains the target', async () => {
    const sequence = (request: string): string => /cseq: *\d+/i.exec(request)?.[0] ?? 'CSeq: 1';
    const description = 'v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:1\r\n';
    const inner = await serve((request) =>
      request.startsWith('DESCRIBE')
        ? `RTSP/1.0 200 OK\r\n${sequence(request)}\r\nContent-Type: application/sdp\r\nContent-Length: ${description.length}\r\n\r\n${description}`
        : `RTSP/1.0 200 OK\r\n${sequence(request)}\r\nPublic: DESCRIBE, SETUP, PLAY\r\nSession: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n`,
    );
    const outer = await serve((request) =>
      request.startsWith('DESCRIBE')
        ? `RTSP/1.0 302 Found\r\n${sequence(request)}\r\nLocation: rtsp://127.0.0.1:${inner.port}/inner\r\n\r\n`
        : `RTSP/1.0 200 OK\r\n${sequence(request)}\r\nPublic: DESCRIBE\r\n\r\n`,
    );
    const source = `rtsp://127.0.0.1:${outer.port}/video`;
    expect(parseSource(source).kind).toBe('rtsp');
    const result = await probe.probe(source, { trusted: true });
    expect(result).toMatchObject({ ok: false, problem: { code: 'source_redirected' } });
    expect(result.ok ? '' : result.problem.message).toContain(`127.0.0.1:${inner.port}`);
    expect(outer.asked()).toBeGreaterThan(0);
    expect(inner.asked(), 'nobody may be sent there').toBe(0);
  });
});

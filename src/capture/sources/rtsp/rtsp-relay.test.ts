import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import type { PortholeError } from '../../../domain/errors.ts';
import {
  headerValue,
  writeRtsp,
  type RtspHeader,
  type RtspReply,
  type RtspRequest,
} from '../../../formats/rtsp/rtsp-message.ts';
import { RtspReader } from '../../../formats/rtsp/rtsp-reader.ts';
import { CameraQuirks } from '../../../network/rtsp/camera-quirks.ts';
import { RtspRelay } from './rtsp-relay.ts';

const sdp = Buffer.from('v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:t0\r\n');
const rtp = Buffer.from([0x80, 0xe0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 5, 0x65, 1, 2, 3]);

/** The camera's answers to one request. */
type Answer = { status?: string; headers?: RtspHeader[]; body?: Buffer; before?: Buffer; after?: Buffer };

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A pair of connected sockets. */
async function pair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  server.close();
  closing.push(
    () => near.destroy(),
    () => far.destroy(),
  );
  return [near, far];
}

/** A relay between a client and a camera that answers as the test says. */
async function start(answer: (request: RtspRequest) => Answer, url = 'rtsp://cam:pa55@camera/live') {
  const [client, clientSide] = await pair();
  const [cameraSide, camera] = await pair();
  const requests: RtspRequest[] = [];
  const failed = Promise.withResolvers<PortholeError>();
  const quirks = new CameraQuirks(url);
  new RtspRelay(clientSide, cameraSide, {
    localUrl: 'rtsp://127.0.0.1:1',
    quirks,
    failed: failed.resolve,
  });
  const cameraReader = new RtspReader();
  camera.on('data', (bytes: Buffer) => {
    for (const item of cameraReader.push(bytes)) {
      if (item.kind !== 'request') continue;
      requests.push(item);
      const { status = '200 OK', headers = [], body, before, after } = answer(item);
      const number: RtspHeader = ['CSeq', headerValue(item.headers, 'cseq') ?? ''];
      if (before !== undefined) camera.write(before);
      camera.write(writeRtsp(`RTSP/1.0 ${status}`, [number, ...headers], body));
      if (after !== undefined) camera.write(after);
    }
  });

  const reader = new RtspReader();
  for (const channel of [0, 1]) reader.channels.add(channel);
  const items: (RtspReply | Buffer)[] = [];
  const waiting: (() => void)[] = [];
  client.on('data', (bytes: Buffer) => {
    for (const item of reader.push(bytes)) {
      if (item.kind === 'reply') items.push(item);
      else if (item.kind === 'packet') items.push(item.bytes.subarray(4));
    }
    for (const wake of waiting.splice(0)) wake();
  });
  const next = async (): Promise<RtspReply | Buffer | undefined> => {
    while (items.length === 0) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    }
    return items.shift();
  };
  let number = 0;
  const ask = async (method: string, uri = 'rtsp://127.0.0.1:1/0') => {
    number += 1;
    client.write(writeRtsp(`${method} ${uri} RTSP/1.0`, [['CSeq', String(number)]]));
    return next();
  };
  return { ask, next, requests, failed: failed.promise };
}

const plain = ({ method }: RtspRequest): Answer =>
  method === 'DESCRIBE'
    ? { body: sdp }
    : {
        headers: [
          ['Transport', 'RTP/AVP/TCP;interleaved=0-1'],
          ['Session', '1'],
        ],
      };

describe('RtspRelay', () => {
  it.each(['DESCRIBE', 'SETUP', 'PLAY'])('stops at a redirect of %s, and does not show it', async (redirected) => {
    const { ask, failed } = await start((request) =>
      request.method === redirected
        ? { status: '302 Found', headers: [['Location', 'rtsp://me:secret@10.0.0.1/x']] }
        : plain(request),
    );
    for (const method of ['DESCRIBE', 'SETUP', 'PLAY']) {
      if (method === redirected) {
        void ask(method);
        break;
      }
      await ask(method);
    }
    expect(await failed).toMatchObject({
      code: 'source_redirected',
      message: expect.stringContaining('rtsp://10.0.0.1/…') as string,
    });
  });

  it('passes on no header of the camera but its own', async () => {
    const { ask } = await start(() => ({
      headers: [
        ['Location', 'rtsp://10.0.0.1/x'],
        ['Content-Base', 'rtsp://10.0.0.1/'],
        ['Server', 'RealServer'],
      ],
      body: sdp,
    }));
    const reply = (await ask('DESCRIBE')) as RtspReply;
    expect(reply.headers.map(([name]) => name)).toEqual(['cseq', 'content-type', 'content-length']);
    expect(reply.body.toString()).toContain('a=control:rtsp://127.0.0.1:1/0');
  });

  it('asks the camera under its own address, and signs in without telling FFmpeg', async () => {
    const { ask, requests } = await start((request) =>
      headerValue(request.headers, 'authorization') === undefined
        ? {
            status: '401 Unauthorized',
            headers: [['WWW-Authenticate', 'Digest realm="a", nonce="b", algorithm=SHA-256']],
          }
        : plain(request),
    );
    expect(await ask('DESCRIBE')).toMatchObject({ status: 200 });
    expect(await ask('SETUP')).toMatchObject({ status: 200 });
    expect(requests.map(({ method, uri }) => `${method} ${uri}`)).toEqual([
      'DESCRIBE rtsp://camera/live',
      'DESCRIBE rtsp://camera/live',
      'SETUP rtsp://camera/live/t0',
    ]);
  });

  it('tries a wrong password once', async () => {
    const { ask, requests, failed } = await start(() => ({
      status: '401 Unauthorized',
      headers: [['WWW-Authenticate', `Digest realm="a", nonce="${Math.random()}"`]],
    }));
    void ask('DESCRIBE');
    expect(await failed).toMatchObject({ code: 'source_unauthorized' });
    expect(requests).toHaveLength(2);
  });

  it('delivers media that come before the reply to PLAY after it, and ends a frame that no other follows', async () => {
    const media = Buffer.concat([Buffer.from([0x24, 0, 0, rtp.length]), rtp]);
    const { ask, next } = await start((request) => (request.method === 'PLAY' ? { before: media } : plain(request)));
    await ask('DESCRIBE');
    await ask('SETUP');
    expect(await ask('PLAY')).toMatchObject({ status: 200 });
    expect(await next()).toEqual(rtp);
    const end = (await next()) as Buffer;
    expect([...end.subarray(12)]).toEqual([0x09, 0xf0]);
    expect(end.subarray(2, 12).equals(rtp.subarray(2, 12))).toBe(true);
  });

  it('receives UDP from the camera alone if the camera refuses TCP', async () => {
    let port = 0;
    const { ask, next, requests } = await start((request) => {
      const transport = headerValue(request.headers, 'transport') ?? '';
      if (request.method !== 'SETUP') return plain(request);
      if (transport.includes('TCP')) return { status: '461 Unsupported Transport' };
      port = Number(/client_port=(\d+)/.exec(transport)?.[1]);
      return {
        headers: [
          ['Transport', transport],
          ['Session', '1'],
        ],
      };
    });
    await ask('DESCRIBE');
    expect(await ask('SETUP')).toMatchObject({ status: 200 });
    await ask('PLAY');
    const [stranger, camera] = [createSocket('udp4'), createSocket('udp4')];
    closing.push(
      () => stranger.close(),
      () => camera.close(),
    );
    stranger.bind(0, '127.0.0.2');
    camera.bind(0, '127.0.0.1');
    await Promise.all([once(stranger, 'listening'), once(camera, 'listening')]);
    await new Promise((resolve) =>
      stranger.send(Buffer.concat([rtp, Buffer.from('foreign')]), port, '127.0.0.1', resolve),
    );
    camera.send(rtp, port, '127.0.0.1');
    expect(await next()).toEqual(rtp);
    expect(requests.filter(({ method }) => method === 'SETUP')).toHaveLength(2);
  });

  it.each([
    ['401 Unauthorized', 'source_unauthorized', 'name or the password'],
    ['403 Forbidden', 'source_unauthorized', 'forbids'],
    ['404 Not Found', 'source_not_found', 'no stream at this path'],
    ['453 Not Enough Bandwidth', 'source_full', 'viewers'],
    ['503 Service Unavailable', 'source_full', 'viewers'],
    ['461 Unsupported Transport', 'source_unreachable', 'neither over TCP nor over UDP'],
    ['501 Not Implemented', 'source_not_video', 'does not let programs watch'],
    ['500 Oops', 'camera_failed', '500 Oops'],
  ])('explains %s', async (status, code, words) => {
    const { ask, failed } = await start(() => ({ status }));
    void ask('DESCRIBE');
    expect(await failed).toMatchObject({ code, message: expect.stringContaining(words) as string });
  });
});

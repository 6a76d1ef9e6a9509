import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Frame } from '../../../domain/media/frame.ts';
import { headerValue, writeRtsp, type RtspHeader, type RtspRequest } from '../../../formats/rtsp/rtsp-message.ts';
import { RtspReader } from '../../../formats/rtsp/rtsp-reader.ts';
import { rtpBytes } from '../../../formats/rtp/receive/testing.ts';
import type { MediaEnd, MediaTracks } from '../network/media-source.ts';
import { openRtspMedia } from './rtsp-media.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const [sps, pps] = [hex('6742c01eda0280f6c044000003000400000300f03c58ba80'), hex('68ce3c80')];
const [idr, slice] = [hex('6588aabb'), hex('4188aabb')];
const h264 = ['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:t0'];

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A camera that answers everything with 200, and then does as the test says. */
async function camera(
  description: readonly string[],
  play: (send: (...units: Buffer[]) => void) => void,
  refuses: (transport: string) => boolean | 'by hanging up' = () => false,
  challenge: string | null = null,
) {
  const requests: RtspRequest[] = [];
  let open = 0;
  const server = createServer((socket) => {
    open += 1;
    socket.on('error', () => undefined).on('close', () => (open -= 1));
    closing.push(() => socket.destroy());
    const reader = new RtspReader();
    let [sequence, timestamp] = [0, 0];
    const send = (...units: Buffer[]): void => {
      timestamp += 3_600;
      for (const [at, payload] of units.entries()) {
        const marker = at === units.length - 1;
        sequence = (sequence + 1) & 0xffff;
        const rtp = rtpBytes({ payload, timestamp, marker, sequence, ssrc: 1, payloadType: 96 });
        socket.write(Buffer.concat([Buffer.from([0x24, 0, rtp.length >> 8, rtp.length & 0xff]), rtp]));
      }
    };
    socket.on('data', (bytes: Buffer) => {
      for (const item of reader.push(bytes)) {
        if (item.kind !== 'request') continue;
        requests.push(item);
        if (challenge !== null && headerValue(item.headers, 'authorization') === undefined) {
          socket.write(writeRtsp('RTSP/1.0 401 Unauthorized', [['WWW-Authenticate', challenge]]));
          continue;
        }
        const headers: RtspHeader[] = [
          ['CSeq', headerValue(item.headers, 'cseq') ?? ''],
          ['Session', '1'],
        ];
        const transport = headerValue(item.headers, 'transport');
        if (transport !== undefined) headers.push(['Transport', transport]);
        const body = item.method === 'DESCRIBE' ? Buffer.from(['v=0', ...description, ''].join('\r\n')) : undefined;
        const isRefused = transport !== undefined && refuses(transport);
        if (isRefused === 'by hanging up') {
          socket.destroy();
          return;
        }
        socket.write(writeRtsp(isRefused ? 'RTSP/1.0 461 Unsupported Transport' : 'RTSP/1.0 200 OK', headers, body));
        if (item.method === 'PLAY') play(send);
      }
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => server.close());
  return { requests, port: (server.address() as AddressInfo).port, connections: () => open };
}

/** Opens the camera's media, and collects what it reports. */
function open(port: number, fragment = '', login = '') {
  const frames: (Frame & { readonly at: number })[] = [];
  const tracks: MediaTracks[] = [];
  const ended = Promise.withResolvers<MediaEnd>();
  const seen = { waiting: 0, damaged: 0 };
  const media = openRtspMedia({
    source: {
      source: { kind: 'rtsp', url: `rtsp://${login}127.0.0.1:${port}/live${fragment}` },
      addresses: ['127.0.0.1'],
    },
    signal: new AbortController().signal,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    events: {
      tracks: (each) => tracks.push(each),
      video: (frame) => frames.push({ ...frame, at: performance.now() }),
      audio: () => undefined,
      waiting: () => (seen.waiting += 1),
      dropped: () => (seen.damaged += 1),
      ended: ended.resolve,
    },
  });
  closing.push(() => media.close());
  return { media, frames, tracks, seen, ended: ended.promise };
}

describe('RtspMedia', () => {
  it('delivers the first keyframe as soon as it has arrived, and tells of frames before it', async () => {
    let sentAt = 0;
    const { port } = await camera(h264, (send) => {
      for (let count = 0; count < 5; count += 1) send(slice);
      setTimeout(() => {
        sentAt = performance.now();
        send(sps, pps, idr);
      }, 100);
    });
    const { frames, tracks, seen } = open(port);
    await expect.poll(() => frames.length, { interval: 5, timeout: 10_000 }).toBe(1);
    expect(frames[0]).toMatchObject({ keyframe: true, width: 640, height: 480, sequence: 1 });
    expect(tracks).toMatchObject([{ video: { codec: 'h264', width: 640, height: 480 }, audio: null }]);
    expect(seen).toEqual({ waiting: 5, damaged: 0 });
    // Some ten milliseconds are usual, and 50 are allowed on a quiet machine.
    expect((frames[0]?.at ?? 0) - sentAt).toBeLessThan(500);
  });

  it.each([
    ['m=video 0 RTP/AVP 33', 'video: of unknown encoding'],
    ['m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000', 'video: MP4V-ES'],
    [`${h264.join('\r\n')}\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 G726-32/8000`, 'audio: G726-32'],
  ])('leaves %j to FFmpeg, and frees the camera before', async (description, detail) => {
    const { port, connections } = await camera([description], () => undefined);
    const { ended } = open(port);
    expect(await ended).toEqual({ reason: 'unsupported', detail });
    await expect.poll(connections).toBe(0);
  });

  it('ends the session when it is closed', async () => {
    const { port, requests } = await camera(h264, (send) => send(sps, pps, idr));
    const { media, frames, ended } = open(port);
    await expect.poll(() => frames.length, { timeout: 10_000 }).toBe(1);
    await media.close();
    expect(await ended).toEqual({ reason: 'closed' });
    expect(requests.at(-1)?.method).toBe('TEARDOWN');
  });

  it('signs all requests of a connection with one cnonce', async () => {
    const { port, requests } = await camera(
      h264,
      (send) => send(sps, pps, idr),
      () => false,
      'Digest realm="c", nonce="1", algorithm=MD5-sess, qop="auth"',
    );
    const { frames } = open(port, '', 'me:secret@');
    await expect.poll(() => frames.length, { timeout: 10_000 }).toBe(1);
    const signed = requests.flatMap(({ headers }) => headerValue(headers, 'authorization') ?? []);
    expect(signed.map((each) => /nc=(\w+)/.exec(each)?.[1])).toEqual(['00000001', '00000002', '00000003', '00000004']);
    expect(new Set(signed.map((each) => /cnonce="(\w+)"/.exec(each)?.[1])).size).toBe(1);
  });

  it('asks for UDP if the address says so', async () => {
    const { port, requests } = await camera(h264, () => undefined);
    open(port, '#udp');
    await expect.poll(() => requests.some(({ method }) => method === 'PLAY'), { timeout: 10_000 }).toBe(true);
    const setUp = requests.find(({ method }) => method === 'SETUP');
    expect(setUp?.uri).not.toContain('#');
    expect(headerValue(setUp?.headers ?? [], 'transport')).toMatch(/^RTP\/AVP;unicast;client_port=\d+-\d+$/);
  });

  it('takes TCP from a camera that refuses UDP, for every track', async () => {
    const tracks = [...h264, 'm=audio 0 RTP/AVP 97', 'a=rtpmap:97 opus/48000/2', 'a=control:t1'];
    const refuses = (transport: string): boolean => transport.includes('client_port');
    const { port, requests } = await camera(tracks, (send) => send(sps, pps, idr), refuses);
    const { frames } = open(port, '#udp');
    await expect.poll(() => frames.length, { timeout: 10_000 }).toBe(1);
    const setUps = requests.filter(({ method }) => method === 'SETUP');
    expect(setUps.map(({ headers }) => headerValue(headers, 'transport')?.replace(/=.*/, ''))).toEqual([
      'RTP/AVP;unicast;client_port',
      'RTP/AVP/TCP;unicast;interleaved',
      'RTP/AVP/TCP;unicast;interleaved',
    ]);
  });

  it('frees the ports of a camera that hangs up when it is asked for UDP', async () => {
    const ports = (): number => process.getActiveResourcesInfo().filter((each) => each === 'UDPWrap').length;
    const before = ports();
    const { port, requests } = await camera(
      h264,
      () => undefined,
      () => 'by hanging up',
    );
    expect(await open(port, '#udp').ended).toMatchObject({ reason: 'failed' });
    expect(requests.at(-1)?.method).toBe('SETUP');
    await expect.poll(ports).toBe(before);
  });

  it('says that a camera refuses both TCP and UDP', async () => {
    for (const fragment of ['', '#udp']) {
      const { port } = await camera(
        h264,
        () => undefined,
        () => true,
      );
      expect(await open(port, fragment).ended).toMatchObject({
        reason: 'failed',
        error: { code: 'source_unreachable' },
      });
    }
  });
});

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { password, startServer, type TestServer } from '../../../test/support/http-server.ts';
import { RtspClient } from '../../../test/support/rtsp-client.ts';
import { PortholeError } from '../../domain/errors.ts';
import { nalType } from '../../formats/h264/h264.ts';
import { type RtspLimits, RtspServer } from './rtsp-server.ts';

let http: TestServer;
let rtsp: RtspServer;
const clients: RtspClient[] = [];
beforeAll(async () => {
  http = await startServer();
  rtsp = await serve();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await rtsp.close();
  await http.close();
});

async function serve(limits: Partial<RtspLimits> = {}, from = http): Promise<RtspServer> {
  const log = pino({ level: 'silent' });
  const { cameras, accounts, streams, connections } = from;
  const server = new RtspServer({ cameras, accounts, streams, connections, log, limits });
  await server.listen({ host: '127.0.0.1', port: 0 });
  return server;
}

async function open(server = rtsp): Promise<RtspClient> {
  const client = await RtspClient.open(server.port ?? 0);
  clients.push(client);
  return client;
}

const front = 'rtsp://127.0.0.1/front';
const basic = (user: string, secret: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`,
});
const viewer = basic('viewer', password);
const tcp = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' };

describe('who may watch', () => {
  it.each<[string, () => string, () => Record<string, string>]>([
    ['a name and a password', () => front, () => viewer],
    ['a token as the password', () => front, () => basic('viewer', http.token('viewer'))],
    ['a bearer token', () => front, () => ({ Authorization: `Bearer ${http.token('viewer')}` })],
    ['a token in the URL', () => `${front}?token=${http.token('viewer')}`, () => ({})],
  ])('%s', async (_what, url, headers) => {
    const client = await open();
    await client.play(url(), headers());
    await client.until(() => client.packets.length > 10);
  });

  it.each<[string, string, () => Record<string, string>]>([
    ['nothing', front, () => ({})],
    ['a wrong password', front, () => basic('viewer', 'wrong')],
    ['a token of somebody else', front, () => basic('admin', http.token('viewer'))],
    ['an unknown token', `${front}?token=porthole_${'x'.repeat(43)}`, () => ({})],
    ['Digest', front, () => ({ Authorization: 'Digest username="viewer", response="x"' })],
  ])('not with %s: the client is asked for a password', async (_what, url, headers) => {
    const client = await open();
    for (const method of ['DESCRIBE', 'SETUP']) {
      const reply = await client.request(method, url, { ...headers(), ...tcp });
      expect([reply.status, reply.header('www-authenticate')]).toEqual([
        401,
        'Basic realm="Porthole", charset="UTF-8"',
      ]);
    }
    expect(http.streams.size).toBe(0);
  });

  it('users and tokens see only their cameras, and others as if they did not exist', async () => {
    const { token } = await http.accounts.tokens.create({
      username: 'admin',
      name: 'yard only',
      scope: 'watch',
      cameras: ['yard'],
    });
    for (const headers of [basic('yard', password), { Authorization: `Bearer ${token}` }]) {
      const client = await open();
      for (const path of ['front', 'nowhere']) {
        const reply = await client.request('DESCRIBE', `rtsp://127.0.0.1/${path}`, headers);
        expect([reply.status, reply.reason]).toEqual([404, 'This server has no camera with this name.']);
        expect(
          (await client.request('SETUP', `rtsp://127.0.0.1/${path}/trackID=0`, { ...headers, ...tcp })).status,
        ).toBe(404);
      }
      await client.play('rtsp://127.0.0.1/yard', headers);
    }
  });

  it('somebody who signs in on the connection of another sees only their own cameras', async () => {
    const client = await open();
    await client.play(front, viewer);
    const other = basic('yard', password);
    expect((await client.request('SETUP', `${front}/trackID=1`, { ...other, ...tcp })).status).toBe(404);
    await client.until(() => client.packets.length > 0);
    const before = client.packets.length;
    await client.request('OPTIONS', '*');
    expect(client.packets.length - before).toBeLessThan(50);
    expect((await client.request('PLAY', front)).status).toBe(454);
  });

  it('anybody where access is public', async () => {
    await using stack = new AsyncDisposableStack();
    const own = stack.adopt(await startServer({ config: { access: 'public' } }), (each) => each.close());
    const server = stack.adopt(await serve({}, own), (each) => each.close());
    const client = await open(server);
    await client.play(front);
    await client.until(() => client.packets.length > 10);
    expect((await client.request('DESCRIBE', front, basic('viewer', 'wrong'))).status).toBe(401);
  });

  it('nobody before set-up', async () => {
    await using stack = new AsyncDisposableStack();
    const own = stack.adopt(await startServer({ setUp: false }), (each) => each.close());
    const server = stack.adopt(await serve({}, own), (each) => each.close());
    const reply = await (await open(server)).request('DESCRIBE', front);
    expect([reply.status, reply.reason]).toEqual([503, expect.stringContaining('Open the set-up link')]);
  });

  it('not after too many wrong passwords, which count for sign-in too', async () => {
    await using stack = new AsyncDisposableStack();
    const own = stack.adopt(await startServer(), (each) => each.close());
    const server = stack.adopt(await serve({}, own), (each) => each.close());
    const statuses: number[] = [];
    for (let tries = 0; tries < 12; tries += 1) {
      const client = await open(server);
      statuses.push((await client.request('DESCRIBE', front, basic('viewer', `wrong ${tries}`))).status);
      client.close();
    }
    expect(statuses).toEqual([...Array<number>(10).fill(401), 503, 503]);
    const client = await open(server);
    const reply = await client.request('DESCRIBE', front, viewer);
    expect([reply.status, Number(reply.header('retry-after')) > 0, reply.reason]).toEqual([
      503,
      true,
      expect.stringContaining('wrong passwords'),
    ]);
    const facts = { ip: '127.0.0.1', userAgent: null };
    await expect(own.accounts.signIn({ username: 'viewer', password }, facts)).rejects.toThrow('wrong passwords');
  });

  it('a connection ends after a few refusals', async () => {
    const client = await open();
    for (let tries = 0; tries < 5; tries += 1) expect((await client.request('DESCRIBE', front)).status).toBe(401);
    await client.closed();
  });
});

describe('a revocation', () => {
  it.each(['described', 'playing'])('ends a connection that is %s within two seconds', async (state) => {
    const { token, info } = await http.accounts.tokens.create({ username: 'viewer', name: 'recorder' });
    const client = await open();
    const other = await open();
    await other.play(front, viewer);
    if (state === 'playing') await client.play(`${front}?token=${token}`);
    else await client.request('DESCRIBE', `${front}?token=${token}`);
    const admin = await http.accounts.authenticate(http.bearer('admin'), undefined, { ip: '', userAgent: null });
    if (admin === null) throw new TypeError('not signed in');
    await http.accounts.tokens.revoke(admin, info.id);
    expect(await client.closed(10_000)).toBeLessThan(2_000);
    expect(other.isClosed).toBe(false);
  });

  it('by another process ends it within two seconds', async () => {
    const { token, info } = await http.accounts.tokens.create({ username: 'viewer', name: 'recorder' });
    const client = await open();
    await client.play(`${front}?token=${token}`);
    const elsewhere = await http.accountsElsewhere();
    const admin = await elsewhere.authenticate(http.bearer('admin'), undefined, { ip: '', userAgent: null });
    if (admin === null) throw new TypeError('not signed in');
    await elsewhere.tokens.revoke(admin, info.id);
    await client.closed(6_000);
  });
});

describe('a stream', () => {
  it('begins with a keyframe, and its packets are numbered without a gap', async () => {
    const client = await open();
    const sdp = await client.play(front, viewer);
    expect(sdp).toMatch(
      /^a=fmtp:96 packetization-mode=1;profile-level-id=42C01E;sprop-parameter-sets=Z0[^,]+,aM4PyA==\r$/m,
    );
    expect(sdp).toMatch(/^a=fmtp:97 .*config=1190\r$/m);
    await client.until(() => client.packets.filter(({ channel }) => channel === 0).length > 40);
    const video = client.packets.filter(({ channel }) => channel === 0).map(({ bytes }) => bytes);
    expect(video.slice(0, 3).map((packet) => (packet[12] as number) & 0x1f)).toEqual([
      nalType.sps,
      nalType.pps,
      nalType.idr,
    ]);
    const numbers = video.map((packet) => packet.readUInt16BE(2));
    expect(numbers.map((number, at) => (number - at) & 0xffff)).toEqual(numbers.map(() => numbers[0]));
    const times = video.map((packet) => packet.readUInt32BE(4));
    expect(times.every((time, at) => at === 0 || ((time - (times[at - 1] as number)) | 0) >= 0)).toBe(true);
    // A report comes before the first frame, and later ones every few seconds.
    expect(client.packets[0]).toMatchObject({ channel: 1 });
    expect(client.packets[0]?.bytes[1]).toBe(200);
  });

  it('is packed once for all viewers: they get the same bytes', async () => {
    const [one, two] = [await open(), await open()];
    await one.play(front, viewer);
    await two.play(front, viewer);
    const all = (client: RtspClient) =>
      client.packets.filter(({ channel }) => channel === 0).map(({ bytes }) => bytes.toString('hex'));
    await two.until(() => all(two).length > 30);
    const last = all(two).at(-1) ?? '';
    await one.until(() => all(one).includes(last));
    const [first, second] = [all(one), all(two)];
    const from = first.indexOf(second[0] ?? '');
    expect(from).toBeGreaterThanOrEqual(0);
    expect(first.slice(from, from + second.length)).toEqual(second.slice(0, first.length - from));
  });

  it('is MJPEG if the client asks for it', async () => {
    const client = await open();
    expect(await client.play(`${front}?codec=mjpeg&audio=0`, viewer)).toContain('m=video 0 RTP/AVP 26\r\n');
    await client.until(() => client.packets.length > 5);
    expect(client.packets.at(-1)?.bytes[1]).toBe(0x80 | 26);
  });

  it('goes on other channels if the client chooses them', async () => {
    const client = await open();
    await client.request('DESCRIBE', front, viewer);
    const reply = await client.request('SETUP', `${front}/trackID=0`, {
      Transport: 'RTP/AVP/TCP;unicast;interleaved=6-7',
    });
    expect(reply.header('transport')).toBe('RTP/AVP/TCP;unicast;interleaved=6-7');
    await client.request('PLAY', front);
    await client.until(() => client.packets.length > 20);
    expect(new Set(client.packets.map(({ channel }) => channel))).toEqual(new Set([6, 7]));
  });

  it('can be paused and played again, from a keyframe on', async () => {
    const client = await open();
    await client.play(`${front}?audio=0`, viewer);
    await client.until(() => client.packets.length > 5);
    expect((await client.request('PAUSE', front)).status).toBe(200);
    const paused = client.packets.length;
    for (let round = 0; round < 5; round += 1) await client.request('GET_PARAMETER', front);
    expect(client.packets.length).toBe(paused);
    expect((await client.request('PLAY', front)).status).toBe(200);
    await client.until(() => client.packets.length > paused + 5);
    const video = client.packets.slice(paused).filter(({ channel }) => channel === 0);
    expect((video[0]?.bytes[12] ?? 0) & 0x1f).toBe(nalType.sps);
    expect((await client.request('TEARDOWN', front)).status).toBe(200);
    expect((await client.request('PLAY', front)).status).toBe(454);
  });

  it('goes over UDP to the ports and the address of the client, whatever destination it names', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const client = await open();
    await client.request('DESCRIBE', `${front}?audio=0`, viewer);
    const transport = `RTP/AVP;unicast;destination=192.0.2.7;client_port=${port}-${port + 1}`;
    const reply = await client.request('SETUP', `${front}/trackID=0`, { Transport: transport });
    expect(reply.header('transport')).toMatch(
      new RegExp(`^RTP/AVP;unicast;client_port=${port}-${port + 1};server_port=(\\d+)-\\d+$`),
    );
    const packets: Buffer[] = [];
    const enough = new Promise<void>((resolve) => {
      socket.on('message', (packet) => {
        packets.push(packet);
        if (packets.length > 30) resolve();
      });
    });
    expect((await client.request('PLAY', front)).status).toBe(200);
    await enough;
    expect((packets[0]?.[12] ?? 0) & 0x1f).toBe(nalType.sps);
    expect(client.packets).toEqual([]);
    client.close();
    await expect.poll(() => rtsp.size).toBe(0);
    const after = packets.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(packets.length - after).toBeLessThan(5);
    socket.close();
  });

  it('ends when the camera is switched off or removed, and says why afterwards', async () => {
    await using stack = new AsyncDisposableStack();
    const own = stack.adopt(await startServer(), (each) => each.close());
    const server = stack.adopt(await serve({}, own), (each) => each.close());
    const [off, removed] = [await open(server), await open(server)];
    await off.play(front, viewer);
    await removed.play('rtsp://127.0.0.1/yard', viewer);
    await own.cameras.update('front', { enabled: false });
    await off.closed();
    const reply = await (await open(server)).request('DESCRIBE', front, viewer);
    expect([reply.status, reply.reason]).toEqual([503, expect.stringContaining('switched off')]);
    await own.cameras.remove('yard');
    await removed.closed();
    own.devices.fail('/dev/front', new PortholeError('camera_busy'));
    await own.cameras.update('front', { enabled: true });
    const failed = await (await open(server)).request('DESCRIBE', front, viewer);
    expect([failed.status, failed.reason]).toEqual([503, new PortholeError('camera_busy').message]);
  });

  it('ends with the server', async () => {
    const server = await serve();
    const client = await open(server);
    await client.play(front, viewer);
    await server.close();
    await client.closed();
  });
});

describe('requests', () => {
  it.each([
    ['an unknown method', 'ANNOUNCE', front, {}, 405],
    ['a feature that there is not', 'DESCRIBE', front, { Require: 'www.onvif.org/ver20/backchannel' }, 551],
    ['a session that does not exist', 'PLAY', front, { Session: 'nonsense' }, 454],
    ['PLAY without a session', 'PLAY', front, {}, 454],
    ['multicast', 'SETUP', `${front}/trackID=0`, { ...viewer, Transport: 'RTP/AVP;multicast' }, 461],
    ['no transport', 'SETUP', `${front}/trackID=0`, viewer, 461],
    ['a track that there is not', 'SETUP', `${front}/trackID=9`, { ...viewer, ...tcp }, 404],
    ['no URL', 'DESCRIBE', '*', viewer, 400],
    ['a wrong width', 'DESCRIBE', `${front}?width=wide`, viewer, 400],
    ['a wrong codec', 'DESCRIBE', `${front}?codec=vp8`, viewer, 400],
  ])('%s is refused, and the connection goes on', async (_what, method, url, headers, status) => {
    const client = await open();
    expect((await client.request(method, url, headers as Record<string, string>)).status).toBe(status);
    const reply = await client.request('OPTIONS', front);
    expect([reply.status, reply.header('public')]).toEqual([200, expect.stringContaining('DESCRIBE, SETUP, PLAY')]);
  });

  it('for a track that there is not open no session', async () => {
    const client = await open();
    expect((await client.request('SETUP', `${front}/trackID=9`, { ...viewer, ...tcp })).status).toBe(404);
    await client.play(front);
    expect((await client.request('SETUP', `${front}/trackID=9`, tcp)).status).toBe(455);
    await client.until(() => client.packets.length > 5);
  });

  it('for a track of another camera than that of the session are refused', async () => {
    const client = await open();
    await client.request('DESCRIBE', front, viewer);
    expect((await client.request('SETUP', `${front}/trackID=0`, tcp)).status).toBe(200);
    const other = { Transport: 'RTP/AVP/TCP;unicast;interleaved=2-3' };
    expect((await client.request('SETUP', 'rtsp://127.0.0.1/yard/trackID=1', other)).status).toBe(455);
    expect((await client.request('SETUP', `${front}/trackID=1`, other)).status).toBe(200);
  });

  it('can be sent without a description, and in one piece', async () => {
    const client = await open();
    const base = `${front}?audio=0&token=${http.token('viewer')}`;
    const lines = [`SETUP ${base}/trackID=0 RTSP/1.0`, 'CSeq: 7', `Transport: ${tcp.Transport}`, '', ''];
    client.socket.write([...lines, `PLAY ${base} RTSP/1.0`, 'CSeq: 8', '', ''].join('\r\n'));
    expect([(await client.reply()).header('cseq'), (await client.reply()).header('cseq')]).toEqual(['7', '8']);
    await client.until(() => client.packets.length > 5);
  });

  it('of something else than RTSP end the connection', async () => {
    for (const text of ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\x16\x03\x01\x02\x00']) {
      const client = await open();
      client.socket.write(text, 'latin1');
      await client.closed();
    }
  });
});

describe('limits', () => {
  it('of connections and sessions hold', async () => {
    const server = await serve({ perAddress: 4, waitingPerAddress: 2, sessionsPerOwner: 1 });
    try {
      const one = await open(server);
      await one.play(front, viewer);
      const two = await open(server);
      await expect(two.play(front, viewer)).rejects.toThrow('503 Too many RTSP sessions');
      // Both have signed in, two more may wait, and no more.
      const [three, four, five] = [await open(server), await open(server), await open(server)];
      await five.closed();
      expect([three.isClosed, four.isClosed]).toEqual([false, false]);
      one.close();
      await expect.poll(() => server.size).toBe(3);
      await two.play(front, viewer);
    } finally {
      await server.close();
    }
  });

  it('survive a flood of random requests on live connections', { timeout: 60_000 }, async () => {
    let state = 20_261_128;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % below;
    };
    const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
    const authorization = `Authorization: ${viewer.Authorization}`;
    const request = (): string => {
      const method = pick(['OPTIONS', 'DESCRIBE', 'SETUP', 'SETUP', 'PLAY', 'PAUSE', 'TEARDOWN', 'GET_PARAMETER', 'X']);
      const url = pick([front, `${front}/trackID=0`, `${front}/trackID=1`, '*', `${front}?width=320`, 'rtsp://h/', '']);
      const headers = [
        authorization,
        `Transport: ${pick([tcp.Transport, 'RTP/AVP/TCP', 'RTP/AVP/TCP;interleaved=2-3', 'x', ''])}`,
        `CSeq: ${pick(['1', 'x', '-1'])}`,
        ...pick([
          [],
          [`Session: ${pick(['x', ''])}`],
          [`Content-Length: ${random(40)}`, `X: ${'y'.repeat(random(200))}`],
        ]),
      ];
      return [`${method} ${url} RTSP/1.0`, ...headers, '', ''].join('\r\n');
    };
    for (let round = 0; round < 60; round += 1) {
      const socket = connect({ port: rtsp.port ?? 0, host: '127.0.0.1' } as { port: number });
      socket.on('error', () => undefined).resume();
      const pieces = Array.from({ length: 1 + random(6) }, request);
      let bytes = Buffer.from(pieces.join(pick(['', '\r\n', '$\x01\x00\x04abcd'])), 'latin1');
      for (let changes = random(4); changes > 0; changes -= 1) bytes[random(bytes.length)] = random(256);
      if (random(3) === 0) bytes = bytes.subarray(0, random(bytes.length));
      socket.write(bytes);
      if (random(2) === 0) await new Promise((resolve) => setTimeout(resolve, random(20)));
      if (random(2) === 0) socket.destroy();
      else socket.end();
    }
    const client = await open();
    await client.play(front, viewer);
    await client.until(() => client.packets.length > 20);
    client.close();
    await expect.poll(() => [rtsp.size, http.streams.size], { timeout: 15_000 }).toEqual([0, 0]);
    await expect
      .poll(() => http.cameras.metrics().flatMap(({ renditions }) => renditions.map(({ viewers }) => viewers)))
      .toEqual(expect.not.arrayContaining([1]));
  });
});

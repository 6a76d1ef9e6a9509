// Offers that name addresses of others, and checks that nobody may send. All sockets are real.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';
import { browserOffer } from '../support/whep-offers.ts';
import { connectivityCheck } from '../support/whep-stun.ts';
import { WhepViewer } from '../support/whep-viewer.ts';

/** The address of a client elsewhere, as the trusted proxy says. Without a proxy (null), the client is on this machine. */
const elsewhere = '198.51.100.7';
/** The session's time for checks that a test waits for, in milliseconds: most of them come in the first second. */
const watched = 1_500;

let server: TestServer;
const opened: Sink[] = [];

beforeAll(async () => {
  const args = ['--camera', 'front=test:?width=320&height=240&fps=15', '--access', 'public', '--ice-host', '0.0.0.0'];
  server = await startServer({ args: [...args, '--trust-proxy', '127.0.0.1'] });
});

afterAll(async () => {
  for (const each of opened) each.close();
  await server.stop();
});

/** A UDP socket that only counts. */
class Sink {
  readonly socket: Socket;
  readonly packets: Buffer[] = [];

  private constructor(address: string) {
    this.socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    this.socket.on('message', (packet) => this.packets.push(packet));
    opened.push(this);
  }

  static async open(address: string): Promise<Sink> {
    const sink = new Sink(address);
    sink.socket.bind(0, address);
    await once(sink.socket, 'listening');
    return sink;
  }

  get candidate(): string {
    const { address, port } = this.socket.address();
    return `a=candidate:1 1 udp ${2_113_937_151 - (port & 0xff)} ${address} ${port} typ host`;
  }

  /** Packets of DTLS, RTP or RTCP (RFC 7983). */
  get media(): number {
    return this.packets.filter(([first = 0]) => first > 3).length;
  }

  close(): void {
    this.socket.removeAllListeners('message').close();
  }
}

function sinks(address: string, count: number): Promise<Sink[]> {
  return Promise.all(Array.from({ length: count }, () => Sink.open(address)));
}

interface Session {
  readonly location: string;
  readonly answer: string;
}

/** @param candidates lines of SDP in place of the offer's own */
async function post(candidates: readonly string[], client: string | null): Promise<Session> {
  const url = `${server.url}/cameras/front/whep`;
  const lines = browserOffer.split(/\r?\n/).filter((line) => !line.startsWith('a=candidate'));
  const at = lines.findIndex((line) => line.startsWith('m=video')) + 2;
  const body = [...lines.slice(0, at), ...candidates, ...lines.slice(at)].join('\r\n');
  const response = await fetch(url, { method: 'POST', headers: headersOf('application/sdp', client), body });
  const answer = await response.text();
  expect(response.status, answer).toBe(201);
  return { location: new URL(response.headers.get('location') ?? '', url).href, answer };
}

async function patch({ location }: Session, candidates: readonly string[], client: string | null): Promise<void> {
  const headers = headersOf('application/trickle-ice-sdpfrag', client);
  const body = candidates.map((line) => `${line}\r\n`).join('');
  expect((await fetch(location, { method: 'PATCH', headers, body })).status).toBe(204);
}

async function end({ location }: Session, client: string | null): Promise<void> {
  expect((await fetch(location, { method: 'DELETE', headers: headersOf(null, client) })).status).toBe(200);
}

function headersOf(type: string | null, client: string | null): Record<string, string> {
  return {
    ...(type === null ? {} : { 'content-type': type }),
    ...(client === null ? {} : { 'x-forwarded-for': client }),
  };
}

/** An address of this machine that is neither loopback nor link-local; undefined if it has no network. */
function ownAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'))
    ?.address;
}

describe('a client elsewhere', () => {
  it("has no packets sent to this machine's loopback, in an offer or later", async () => {
    const [first, second] = [...(await sinks('127.0.0.1', 2))] as [Sink, Sink];
    const session = await post([first.candidate, first.candidate.replace('127.0.0.1', '::ffff:7f00:1')], elsewhere);
    await patch(session, [second.candidate], elsewhere);
    // The server checks this one, so the time of the others has come too.
    const near = await Sink.open('127.0.0.1');
    const other = await post([near.candidate], null);
    await expect.poll(() => near.packets.length, { timeout: 10_000 }).toBeGreaterThan(1);
    expect([first.packets.length, second.packets.length]).toEqual([0, 0]);
    await end(session, elsewhere);
    await end(other, null);
  });
});

describe('an offer with 100 addresses that never asked', () => {
  it('gets a bounded number of packets', async () => {
    const victims = await sinks('127.0.0.1', 100);
    const session = await post(
      victims.map(({ candidate }) => candidate),
      null,
    );
    await patch(
      session,
      victims.map(({ candidate }) => candidate),
      null,
    );
    await delay(watched);
    const got = victims.filter(({ packets }) => packets.length > 0);
    expect(got.length, 'candidates checked').toBeGreaterThan(0);
    expect(got.length, 'candidates checked').toBeLessThanOrEqual(16);
    const packets = victims.flatMap((each) => each.packets);
    expect(packets.length, 'packets: 90 to 30 of 100 candidates before').toBeLessThanOrEqual(16 * 6);
    expect(Math.max(...packets.map(({ length }) => length)), 'bytes of one').toBeLessThan(400);
    expect(victims.reduce((sum, { media }) => sum + media, 0)).toBe(0);
    await end(session, null);
  });

  it('gets no more when it is repeated, if the addresses are one host', async () => {
    const address = ownAddress();
    if (address === undefined) {
      console.log('skipped: this machine has no network besides loopback');
      return;
    }
    const victims = await sinks(address, 20);
    for (let round = 0; round < 10; round += 1) {
      const session = await post(
        victims.map(({ candidate }) => candidate),
        elsewhere,
      );
      await end(session, elsewhere);
    }
    const session = await post(
      victims.map(({ candidate }) => candidate),
      elsewhere,
    );
    await delay(watched);
    const packets = victims.flatMap((each) => each.packets);
    expect(packets.length).toBeGreaterThan(0);
    expect(packets.length, 'packets: 320 before').toBeLessThanOrEqual(16 * 6);
    await end(session, elsewhere);
  });
});

describe('the UDP port', () => {
  it('answers only checks of a session, never with more bytes, and sends no media before its own check is answered', async () => {
    const session = await post([], null);
    const of = (name: string): string => new RegExp(`a=${name}:(\\S+)`).exec(session.answer)?.[1] ?? '';
    const port = Number(/a=candidate:\S+ 1 udp \d+ \S+ (\d+)/.exec(session.answer)?.[1]);
    const facts = { to: of('ice-ufrag'), from: 'Wx4k', password: of('ice-pwd') };
    const stranger = await Sink.open('127.0.0.1');
    const check = connectivityCheck(facts);
    const wrong: Buffer[] = [
      connectivityCheck({ ...facts, password: 'wrongwrongwrongwrongwrong' }),
      connectivityCheck({ ...facts, to: 'none' }),
      check.subarray(0, 20),
      check.subarray(0, -8),
      check.subarray(0, -9),
      Buffer.concat([Buffer.from([0x16, 0xfe, 0xff]), Buffer.alloc(200)]),
      Buffer.concat([Buffer.from([0x80, 0xc9]), Buffer.alloc(30)]),
      Buffer.from([]),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    ];
    // Signed, but not requests.
    for (const type of [0x0101, 0x0111]) {
      const other = Buffer.from(check);
      other.writeUInt16BE(type);
      wrong.push(other);
    }
    for (let round = 0; round < 20; round += 1) {
      for (const packet of wrong) stranger.socket.send(packet, port, '127.0.0.1');
    }
    // One that the server answers, from another port: the others' time has come too.
    const known = await Sink.open('127.0.0.1');
    known.socket.send(check, port, '127.0.0.1');
    const answers = (): Buffer[] => known.packets.filter((packet) => packet.readUInt16BE(0) === 0x0101);
    await expect.poll(() => answers().length, { timeout: 10_000 }).toBe(1);
    const sent = 20 * wrong.reduce((sum, { length }) => sum + length, 0);
    const got = stranger.packets.reduce((sum, { length }) => sum + length, 0);
    expect(stranger.packets.map((packet) => packet.toString('hex').slice(0, 60))).toEqual([]);
    expect(got).toBeLessThanOrEqual(sent);
    expect(answers()[0]?.length).toBeLessThanOrEqual(check.length);
    // It answers no check of the server: nothing but checks comes.
    await delay(watched);
    expect(known.media).toBe(0);
    expect(known.packets.length, 'an answer, and checks of its own').toBeLessThanOrEqual(1 + 7);
    await end(session, null);
  });

  it('answers checks from many addresses, as a client may forge them, with a bounded number of packets', async () => {
    const session = await post([], null);
    const of = (name: string): string => new RegExp(`a=${name}:(\\S+)`).exec(session.answer)?.[1] ?? '';
    const port = Number(/a=candidate:\S+ 1 udp \d+ \S+ (\d+)/.exec(session.answer)?.[1]);
    const check = connectivityCheck({ to: of('ice-ufrag'), from: 'Wx4k', password: of('ice-pwd') });
    const forged = await sinks('127.0.0.1', 60);
    for (const { socket } of forged) socket.send(check, port, '127.0.0.1');
    await delay(watched);
    const got = forged.filter(({ packets }) => packets.length > 0);
    expect(got.length, 'addresses').toBeGreaterThan(0);
    expect(got.length, 'addresses').toBeLessThanOrEqual(20);
    expect(forged.flatMap(({ packets }) => packets).length).toBeLessThanOrEqual(20 * 7);
    expect(forged.reduce((sum, { media }) => sum + media, 0)).toBe(0);
    await end(session, null);
  });

  it('still serves a client', async () => {
    await using viewer = await WhepViewer.open(`${server.url}/cameras/front/whep`);
    await expect.poll(() => viewer.packets.length, { timeout: 20_000 }).toBeGreaterThan(5);
  });
});

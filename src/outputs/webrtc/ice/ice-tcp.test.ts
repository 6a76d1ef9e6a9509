import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bindingRequest } from '../../../../test/support/whep-stun.ts';
import { IceTcp } from './ice-tcp.ts';

function framed(...packets: readonly Buffer[]): Buffer {
  return Buffer.concat(packets.flatMap((packet) => [Buffer.from([packet.length >> 8, packet.length & 0xff]), packet]));
}

describe('ICE over TCP', () => {
  let session: UdpSocket;
  let ice: IceTcp;
  let client: Socket;
  let received: Buffer[];
  let answers: Buffer;

  beforeEach(async () => {
    session = createSocket('udp4');
    received = [];
    session.on('message', (packet, { port }) => {
      received.push(packet);
      session.send(Buffer.concat([Buffer.from('re:'), packet]), port, '127.0.0.1');
    });
    await new Promise<void>((resolve) => session.bind(0, '127.0.0.1', resolve));
    const target = { address: '127.0.0.1', port: session.address().port };
    ice = await IceTcp.open({ host: '127.0.0.1', port: 0 }, (ufrag) => (ufrag === 'mine' ? target : null));
    client = connect(ice.port, '127.0.0.1').on('error', () => undefined);
    answers = Buffer.alloc(0);
    client.on('data', (chunk: Buffer) => (answers = Buffer.concat([answers, chunk])));
    await once(client, 'connect');
  });
  afterEach(async () => {
    client.destroy();
    session.close();
    await ice.close();
  });

  it('passes packets to the session, and its answers back, one by one', async () => {
    const packets = [bindingRequest('mine'), Buffer.from('second'), Buffer.alloc(1_400, 3)];
    const bytes = framed(...packets);
    // In pieces that have nothing to do with the packets.
    for (let at = 0; at < bytes.length; at += 17) client.write(bytes.subarray(at, at + 17));
    await expect.poll(() => received.length).toBe(3);
    expect(received).toEqual(packets);
    const expected = framed(...packets.map((packet) => Buffer.concat([Buffer.from('re:'), packet])));
    await expect.poll(() => answers.length).toBe(expected.length);
    expect(answers).toEqual(expected);
  });

  it.each([
    ['names an unknown session', framed(bindingRequest('other'))],
    ["doesn't speak STUN", framed(Buffer.from('GET / HTTP/1.1\r\n\r\n'))],
    ['claims a packet that is too long', Buffer.alloc(5_000, 0xff)],
    ['sends empty packets', Buffer.alloc(10)],
  ])('closes a connection that %s', async (_, bytes) => {
    client.write(bytes);
    await once(client, 'close');
    expect(received).toEqual([]);
    await expect.poll(() => ice.size).toBe(0);
  });

  it("closes a connection that hasn't named its session in time, however busy it is", async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const slow = connect(ice.port, '127.0.0.1').on('error', () => undefined);
      await once(slow, 'connect');
      const endless = framed(Buffer.alloc(2_000));
      for (let at = 0; at < 1_000 && !slow.destroyed; at += 1) {
        slow.write(endless.subarray(at, at + 1));
        await new Promise((resolve) => setImmediate(resolve));
        vi.advanceTimersByTime(100);
      }
      expect(slow.destroyed).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it('accepts eight connections per session', async () => {
    const calls = Array.from({ length: 10 }, () => connect(ice.port, '127.0.0.1').on('error', () => undefined));
    for (const call of calls) call.write(framed(bindingRequest('mine')));
    await expect.poll(() => calls.filter(({ destroyed }) => destroyed).length).toBe(2);
    expect(ice.size).toBe(9); // With the first one, which has sent nothing yet.
    for (const call of calls) call.destroy();
  });

  it('closes connections with their session, and all of them with the server', async () => {
    client.write(framed(bindingRequest('mine')));
    await expect.poll(() => received.length).toBe(1);
    ice.drop('other');
    expect(ice.size).toBe(1);
    ice.drop('mine');
    await once(client, 'close');
    const second = connect(ice.port, '127.0.0.1').on('error', () => undefined);
    await once(second, 'connect');
    await Promise.all([once(second, 'close'), ice.close()]);
  });
});

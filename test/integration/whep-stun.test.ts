// A fake STUN server that reports a fixed address.
import { createSocket } from 'node:dgram';
import { expect, it } from 'vitest';
import { startServer } from '../support/server.ts';
import { whepOffer, WhepViewer } from '../support/whep-viewer.ts';

const cookie = 0x2112a442;
/** The address and port that the server reports; not in use here. */
const seen = { address: [203, 0, 113, 77], port: 40_000 } as const;

/** Answers each binding request (RFC 8489, section 6.3.1) with XOR-MAPPED-ADDRESS (section 14.2). */
async function startStunServer(): Promise<AsyncDisposable & { readonly port: number; readonly asked: () => number }> {
  let asked = 0;
  const socket = createSocket('udp4');
  socket.on('message', (request, { port, address }) => {
    if (request.length < 20 || request.readUInt16BE(0) !== 1 || request.readUInt32BE(4) !== cookie) return;
    asked += 1;
    const answer = Buffer.alloc(32);
    answer.writeUInt16BE(0x0101, 0);
    answer.writeUInt16BE(12, 2);
    request.copy(answer, 4, 4, 20);
    answer.writeUInt16BE(0x0020, 20);
    answer.writeUInt16BE(8, 22);
    answer.writeUInt16BE(1, 24);
    answer.writeUInt16BE(seen.port ^ (cookie >>> 16), 26);
    answer.writeUInt32BE((Buffer.from(seen.address).readUInt32BE() ^ cookie) >>> 0, 28);
    socket.send(answer, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    port: socket.address().port,
    asked: () => asked,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

it.each([
  ['the one port of all', []],
  ['its own port', ['--ice-port', '47200-47210']],
])('a session on %s has a candidate with the address that the STUN server reported', async (_, more) => {
  await using stun = await startStunServer();
  const args = ['--camera', 'front=test:?width=320&height=240&fps=15', '--access', 'public', ...more];
  await using server = await startServer({ args: [...args, '--ice-server', `stun:127.0.0.1:${stun.port}`] });
  const url = `${server.url}/cameras/front/whep`;
  const init = { method: 'POST', body: await whepOffer(), headers: { 'content-type': 'application/sdp' } };
  const response = await fetch(url, init);
  expect(response.headers.get('link')).toBe(`<stun:127.0.0.1:${stun.port}>; rel="ice-server"`);
  const candidates = [...(await response.text()).matchAll(/^a=candidate:\S+ 1 (\w+) \d+ (\S+) (\d+) typ (\w+)/gm)];
  const reflexive = candidates.filter(([, , , , type]) => type === 'srflx').map(([, ...parts]) => parts.slice(0, 3));
  expect(stun.asked()).toBeGreaterThan(0);
  expect(reflexive).toEqual([['udp', seen.address.join('.'), String(seen.port)]]);
  // It still connects over the other candidates.
  await using viewer = await WhepViewer.open(url);
  await expect.poll(() => viewer.packets.length, { timeout: 20_000 }).toBeGreaterThan(5);
});

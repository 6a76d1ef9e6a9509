import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { Relay } from './relay.ts';

it('serves one RTSP connection, because it signs in for every client', async () => {
  const camera = createServer().listen(0, '127.0.0.1');
  await once(camera, 'listening');
  const { port } = camera.address() as AddressInfo;
  let joined = 0;
  await using relay = await Relay.open(
    { url: `rtsp://me:secret@camera:${port}/live`, addresses: ['127.0.0.1'] },
    (client, near) => {
      joined += 1;
      client.once('close', () => near.destroy());
    },
  );
  const { port: localPort, pathname } = new URL(relay.url);
  expect(pathname).toBe('/live');
  const first = connect(Number(localPort), '127.0.0.1');
  await expect.poll(() => joined).toBe(1);
  const second = connect(Number(localPort), '127.0.0.1').resume();
  await once(second, 'close');
  expect(joined).toBe(1);
  first.destroy();
  camera.close();
});

it.each(['http', 'rtsp'])('serves no other process over %s, and its own one afterwards', async (scheme) => {
  const received: Buffer[] = [];
  const camera = createServer((socket) =>
    socket.on('error', () => undefined).on('data', (data) => received.push(data)),
  );
  await once(camera.listen(0, '127.0.0.1'), 'listening');
  const { port } = camera.address() as AddressInfo;
  let joined = 0;
  await using relay = await Relay.open(
    { url: `${scheme}://me:secret@camera:${port}/live`, addresses: ['127.0.0.1'] },
    (client, near) => {
      joined += 1;
      client.pipe(near);
      client.once('close', () => near.destroy());
    },
  );
  const localPort = Number(new URL(relay.url).port);
  const foreign = `
    const socket = require('net').connect(${localPort}, '127.0.0.1', () => socket.write('foreign'));
    socket.on('data', (data) => console.log(String(data))).on('error', () => undefined);
    socket.on('close', () => console.log('closed'));`;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', foreign]);
    expect(stdout).toBe('closed\n');
  }
  expect(joined).toBe(0);
  const own = connect(localPort, '127.0.0.1');
  own.write('own');
  await expect.poll(() => Buffer.concat(received).toString()).toBe('own');
  expect(joined).toBe(1);
  own.destroy();
  camera.close();
});

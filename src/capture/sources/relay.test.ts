import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
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

import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { startServer } from '../../../test/support/http-server.ts';

it('a client that resets its connection right after a request causes no error', async () => {
  const server = await startServer({ config: { access: 'public' } });
  const requests = ['/snapshot', '/cameras/front/index.m3u8', '/api/me'].map(
    (path) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic ${btoa('viewer:wrong')}\r\n\r\n`,
  );
  for (let round = 0; round < 60; round += 1) {
    const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    for (const request of requests) socket.write(request);
    // At different moments of the requests.
    for (let turn = 0; turn < round % 12; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    socket.resetAndDestroy();
    await once(socket, 'close');
  }
  await fetch(`${server.url}/healthz`);
  await server.close();
  expect(server.logged.filter((line) => line.includes('request failed'))).toEqual([]);
});

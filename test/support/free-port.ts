import { createServer, type AddressInfo } from 'node:net';

/** Returns a TCP port of 127.0.0.1 that is free now, for a program that can't choose one and tell. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

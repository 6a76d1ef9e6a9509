// What the tests of http share: a listening server over stand-ins, and a person's requests to it.
import type { FastifyInstance } from 'fastify';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { createHttpServer } from './server.ts';
import { type Fakes, fakes } from './fakes.ts';

/** A server over stand-ins that listens on a free port of 127.0.0.1. */
export interface TestServer {
  readonly app: FastifyInstance;
  readonly deps: Fakes;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
}

/** Starts one; close `app` in the end. */
export async function startServer(deps: Fakes = fakes()): Promise<TestServer> {
  const app = await createHttpServer(deps);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { app, deps, port, url: `http://127.0.0.1:${port}` };
}

/** A browser's half and a form's half of a CSRF token. */
export interface Csrf {
  readonly cookie: string;
  readonly token: string;
}

/** Gets a CSRF token as a browser with these cookies does. */
export async function csrfFor(app: FastifyInstance, cookie = ''): Promise<Csrf> {
  const url = cookie === '' ? '/login' : '/account';
  const response = await app.inject({ url, headers: cookie === '' ? {} : { cookie } });
  const token = /"csrf":"([^"]+)"/.exec(response.body)?.[1] ?? '';
  const own = response.cookies.find((each) => each.name === 'porthole_csrf')?.value ?? '';
  return { token, cookie: [cookie, `porthole_csrf=${own}`].filter((each) => each !== '').join('; ') };
}

/** The cookie of a person who is signed in. */
export function session(name: string): string {
  return `porthole_session=${name}`;
}

/** Sends raw bytes and gathers what comes back until `until` matches or the other side closes. */
export async function rawRequest(
  port: number,
  bytes: string,
  until?: RegExp,
): Promise<{ text: string; socket: Socket }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (until?.test(text) === true) resolve(undefined);
  });
  socket.on('close', () => resolve(undefined));
  socket.on('error', reject);
  socket.write(bytes);
  await promise;
  return { text, socket };
}

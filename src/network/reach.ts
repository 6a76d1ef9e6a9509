import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { PortholeError } from '../domain/errors.ts';
import type { SocketReader } from './socket-reader.ts';

/** How long connecting to a camera may take, in milliseconds. */
const connectLimit = 5_000;
/** When another connection is begun if nobody has answered, in milliseconds. */
const beginAgain = 500;

const defaultPorts: Readonly<Record<string, number>> = { 'rtsp:': 554, 'rtsps:': 322, 'http:': 80, 'https:': 443 };

/** Where a camera is reached. */
export interface CameraAddress {
  /** The camera's URL, as configured. */
  readonly url: string;
  /** The IP addresses of its host, already checked; they are tried in turn. */
  readonly addresses: readonly string[];
}

/**
 * Connects to the camera.
 *
 * While nobody answers, another connection is begun every half second, to each address in turn; the first one that is
 * established counts. So an address that is out of reach does not hold up the next one (RFC 8305), and a network that
 * comes back is noticed at once: TCP repeats its first packet ever more rarely.
 *
 * @param options `signal` ends the attempt; `reader` takes what arrives, in place of the socket's stream
 * @throws {PortholeError} `source_refused` or `source_unreachable`.
 */
export async function reach(
  address: CameraAddress,
  { signal, reader }: { readonly signal?: AbortSignal; readonly reader?: SocketReader } = {},
): Promise<Socket> {
  const limit = AbortSignal.timeout(connectLimit);
  const given = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const giveUp = (): void => reject(new PortholeError('source_unreachable', { detail: 'no connection in time' }));
  const sockets = new Set<Socket>();
  const hosts = [...address.addresses];
  const begin = (): void => {
    // A camera that answers slowly, such as with TLS, would be slower with two connections.
    if (Array.from(sockets).some(({ connecting }) => !connecting)) return;
    const host = hosts.shift();
    if (host === undefined) return;
    const { socket, established } = connectTo(host, address, reader);
    sockets.add(socket);
    hosts.push(host);
    socket.once(established, () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Once it is established, errors belong to its user.
      if (!sockets.delete(socket)) return;
      const at = hosts.indexOf(host);
      if (at >= 0) hosts.splice(at, 1);
      if (sockets.size > 0) return;
      if (hosts.length === 0) reject(explain(error, isTls(address)));
      else begin();
    });
  };
  given.addEventListener('abort', giveUp, { once: true });
  const timer = setInterval(begin, beginAgain);
  try {
    if (given.aborted || hosts.length === 0) giveUp();
    else begin();
    const socket = await promise;
    sockets.delete(socket);
    return socket;
  } finally {
    clearInterval(timer);
    given.removeEventListener('abort', giveUp);
    for (const socket of sockets) socket.on('error', () => undefined).destroy();
  }
}

function connectTo(
  host: string,
  address: CameraAddress,
  reader: SocketReader | undefined,
): { readonly socket: Socket; readonly established: string } {
  const { protocol, hostname, port: written } = new URL(address.url);
  const port = written === '' ? (defaultPorts[protocol] ?? 0) : Number(written);
  const to = { host, port, ...(reader === undefined ? {} : { onread: reader.onread }) };
  if (!isTls(address)) return { socket: connect(to), established: 'connect' };
  const named = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? { servername: hostname } : {};
  return { socket: connectTls({ ...to, ...named, rejectUnauthorized: false }), established: 'secureConnect' };
}

function isTls({ url }: CameraAddress): boolean {
  return /^(?:rtsps|https):/i.test(url);
}

function explain(error: NodeJS.ErrnoException, withTls: boolean): PortholeError {
  const notTls = withTls && (error.code?.startsWith('ERR_SSL') === true || error.code === 'EPROTO');
  const message = notTls
    ? 'The server at this address does not speak TLS. Check the port, or use rtsp:// or http:// without "s".'
    : undefined;
  return new PortholeError(error.code === 'ECONNREFUSED' ? 'source_refused' : 'source_unreachable', {
    detail: error.code ?? error.message,
    ...(message === undefined ? {} : { message }),
  });
}

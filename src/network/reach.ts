import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { PortholeError } from '../domain/errors.ts';
import type { SocketReader } from './socket-reader.ts';

/** How long connecting to a camera may take, in milliseconds. */
const connectLimit = 5_000;

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
 * @param options `signal` ends the attempt; `reader` takes what arrives, in place of the socket's stream
 * @throws {PortholeError} `source_refused` or `source_unreachable`.
 */
export async function reach(
  { url, addresses }: CameraAddress,
  { signal, reader }: { readonly signal?: AbortSignal; readonly reader?: SocketReader } = {},
): Promise<Socket> {
  const { protocol, hostname, port: written } = new URL(url);
  const port = written === '' ? defaultPorts[protocol] : Number(written);
  const isTls = protocol === 'rtsps:' || protocol === 'https:';
  const named = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? { servername: hostname } : {};
  let problem = new PortholeError('source_unreachable');
  for (const host of addresses) {
    const to = { host, port: port ?? 0, ...(reader === undefined ? {} : { onread: reader.onread }) };
    const socket = isTls ? connectTls({ ...to, ...named, rejectUnauthorized: false }) : connect(to);
    try {
      await once(socket, isTls ? 'secureConnect' : 'connect', { signal: within(connectLimit, signal) });
      return socket;
    } catch (error) {
      socket.destroy();
      if (signal?.aborted === true) break;
      problem = explain(error as NodeJS.ErrnoException, isTls);
    }
  }
  throw problem;
}

function explain(error: NodeJS.ErrnoException, isTls: boolean): PortholeError {
  const notTls = isTls && (error.code?.startsWith('ERR_SSL') === true || error.code === 'EPROTO');
  const message = notTls
    ? 'The server at this address does not speak TLS. Check the port, or use rtsp:// or http:// without "s".'
    : undefined;
  return new PortholeError(error.code === 'ECONNREFUSED' ? 'source_refused' : 'source_unreachable', {
    detail: error.code ?? error.message,
    ...(message === undefined ? {} : { message }),
  });
}

function within(milliseconds: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(milliseconds);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}

import { isIP } from 'node:net';
import type { IceOptions, IceServer } from '../domain/ice.ts';

const highestPort = 65_535;
/** The usual port of STUN and TURN (RFC 8489, RFC 8656). */
const usualServerPort = 3_478;

/** Reads `auto`, a UDP port or a range of them such as `50000-50100`. */
export function readIcePort(text: string): IceOptions['port'] {
  if (text === 'auto') return 'auto';
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [begin, end] = [Number(first), Number(last)];
  if (begin >= 1 && end >= begin && end <= highestPort) return Object.freeze({ begin, end });
  throw new Error(`"${text}" is not auto, a port from 1 to ${highestPort}, or a range such as 50000-50100.`);
}

/** Reads `auto`, `off` or a TCP port. */
export function readIceTcpPort(text: string): IceOptions['tcpPort'] {
  if (text === 'auto' || text === 'off') return text;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= highestPort) return port;
  throw new Error(`"${text}" is not auto, off, or a port from 1 to ${highestPort}.`);
}

/** Reads an address or a name under which others reach this machine. */
export function readIceAddress(text: string): string {
  if (isIP(text) !== 0) return text;
  // Digits and dots alone are a mistyped address, not a name.
  if (/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/.test(text) && !/^[\d.]+$/.test(text)) return text.toLowerCase();
  throw new Error(`"${text}" is no address or host name.`);
}

/** Reads `stun:HOST:PORT` or `turn:USER:PASSWORD@HOST:PORT`; the port may be left out. */
export function readIceServer(text: string): IceServer {
  const [, kind, user, password, host = '', port = String(usualServerPort)] =
    /^(stun|turn):(?:([^:@]+):([^@]+)@)?(\[[0-9a-f:.]+\]|[^:@/[\]]+)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const isTurn = kind?.toLowerCase() === 'turn';
  const number = Number(port);
  if (kind === undefined || isTurn !== (user !== undefined) || number < 1 || number > highestPort) {
    // The text may hold a password, so the message does not repeat it.
    throw new Error('write stun:HOST:PORT or turn:USER:PASSWORD@HOST:PORT, such as stun:stun.example.org:3478.');
  }
  const address = readIceAddress(host.replace(/^\[|\]$/g, ''));
  if (!isTurn) return Object.freeze({ kind: 'stun', host: address, port: number });
  const [username, secret] = [user, password].map((part) => decode(part ?? ''));
  return Object.freeze({ kind: 'turn', host: address, port: number, username, password: secret } as IceServer);
}

/** What cannot be together, in words; null when it can. */
export function iceProblem({ port, servers }: Pick<IceOptions, 'port' | 'servers'>): string | null {
  const isOne = port !== 'auto' && port.begin === port.end;
  if (!isOne || !servers.some(({ kind }) => kind === 'turn')) return null;
  return '--ice-port: with a TURN server every viewer needs a port of its own. Give a range, such as 50000-50100, or auto.';
}

/** A user's name or password, in which signs with a meaning are written as in a URL: `%40` for `@`. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

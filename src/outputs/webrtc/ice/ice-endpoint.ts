import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { IceUdpMuxListener, RtcConfig } from 'node-datachannel';
import { PortholeError } from '../../../domain/errors.ts';
import type { IceOptions } from '../../../domain/ice.ts';
import type { LocalTransport } from '../negotiation/answer.ts';
import { type Candidate, priorityOf } from '../../../formats/sdp/candidate.ts';
import { IceTcp, type UdpTarget } from './ice-tcp.ts';
import { type Library, type LibraryLog, loadLibrary } from '../library.ts';

/** The port that is taken when none is configured, if it is free. */
const usualPort = 8_189;
const tries = 5;

/** Which ports a session may have. */
type Ports = Pick<RtcConfig, 'enableIceUdpMux' | 'portRangeBegin' | 'portRangeEnd'>;

/** Where a session is to be, until it is released. */
export interface SessionPlace {
  /** How the library is to open it. */
  readonly config: RtcConfig;
  /** Gives the place back. Idempotent. */
  release(): void;
}

/** The addresses and ports at which viewers reach this machine for WebRTC, and the library behind them. */
export class IceEndpoint {
  readonly library: Library;
  readonly #options: IceOptions;
  /** The address to listen at; undefined for every network. */
  readonly #host: string | undefined;
  /** The one port of all sessions; null when each has its own. */
  readonly #shared: IceUdpMuxListener | null;
  #tcp: IceTcp | null = null;
  /** Where the sessions are reached inside this machine, by their names. */
  readonly #sessions = new Map<string, UdpTarget>();
  /** The ports of the range that sessions have. */
  readonly #claimed = new Set<number>();

  private constructor(
    library: Library,
    options: IceOptions,
    host: string | undefined,
    shared: IceUdpMuxListener | null,
  ) {
    this.library = library;
    this.#options = options;
    this.#host = host;
    this.#shared = shared;
  }

  /**
   * Loads the library and opens the ports.
   *
   * @throws {PortholeError} `webrtc_unavailable` without the library, `webrtc_not_now` when a port is taken.
   */
  static async open(options: IceOptions, log: LibraryLog): Promise<IceEndpoint> {
    const library = await loadLibrary(log);
    const host = await addressToBind(options.host);
    const shared = sharesPort(options) ? await openShared(library, options, host) : null;
    const endpoint = new IceEndpoint(library, options, host, shared);
    try {
      endpoint.#tcp = await endpoint.#openTcp();
      return endpoint;
    } catch (error) {
      await endpoint.close();
      throw error;
    }
  }

  /** The ports it listens on; null for none. */
  get ports(): { readonly udp: number | null; readonly tcp: number | null } {
    return { udp: this.#shared?.port() ?? null, tcp: this.#tcp?.port ?? null };
  }

  /**
   * Finds a place for a session, which has a port of its own where they do not share one.
   *
   * @throws {PortholeError} `webrtc_full` when all ports of the range are taken. The library is never asked for one that
   *   may not be free: that would end the process.
   */
  async claim(): Promise<SessionPlace> {
    const { port } = this.#options;
    const shared = this.#shared?.port();
    if (shared !== undefined) return this.#place({ enableIceUdpMux: true, ...only(shared) }, null);
    if (port === 'auto') return this.#place({}, null);
    for (let number = port.begin; number <= port.end; number += 1) {
      if (this.#claimed.has(number)) continue;
      this.#claimed.add(number);
      if (await isFree(number, this.#host)) return this.#place(only(number), number);
      this.#claimed.delete(number);
    }
    throw new PortholeError('webrtc_full');
  }

  #place(ports: Ports, claimed: number | null): SessionPlace {
    return {
      config: this.#config(ports),
      release: () => {
        if (claimed !== null) this.#claimed.delete(claimed);
      },
    };
  }

  #config(ports: Ports): RtcConfig {
    const { servers } = this.#options;
    return {
      iceServers: servers.map(({ kind, host: hostname, port: number, username, password }) =>
        kind === 'stun'
          ? { hostname, port: number }
          : { hostname, port: number, username: username ?? '', password: password ?? '', relayType: 'TurnUdp' },
      ),
      ...(this.#host === undefined ? {} : { bindAddress: this.#host }),
      ...ports,
    };
  }

  /**
   * Adds to what the library knows how a session can be reached: the announced addresses, and TCP at all of them. From
   * now on TCP finds the session, until {@link forget}.
   */
  async reach(local: LocalTransport): Promise<readonly Candidate[]> {
    const found = local.candidates.filter(({ type }) => type === 'host');
    const port = this.#shared?.port() ?? found[0]?.port;
    if (port === undefined) return local.candidates;
    this.#sessions.set(local.ufrag, { address: this.#host ?? '127.0.0.1', port });
    const announced = await Promise.all(this.#options.addresses.map(numeric));
    const addresses = [...new Set([...found.map(({ address }) => address), ...announced.flat()])];
    const own = addresses.length > 0 ? addresses : [this.#host ?? '127.0.0.1'];
    return [
      ...own.map((address, place) => hostCandidate('udp', address, port, place)),
      ...local.candidates.filter(({ type }) => type !== 'host'),
      ...own.flatMap((address, place) =>
        this.#tcp === null ? [] : [hostCandidate('tcp', address, this.#tcp.port, place)],
      ),
    ];
  }

  /** A session has ended. */
  forget(ufrag: string): void {
    this.#sessions.delete(ufrag);
    this.#tcp?.drop(ufrag);
  }

  /** Closes the ports; the sessions are closed before. */
  async close(): Promise<void> {
    this.#shared?.stop();
    await this.#tcp?.close();
    this.library.cleanup();
  }

  async #openTcp(): Promise<IceTcp | null> {
    const { tcpPort } = this.#options;
    if (tcpPort === 'off') return null;
    const targetOf = (ufrag: string): UdpTarget | null => this.#sessions.get(ufrag) ?? null;
    if (tcpPort === 'auto') {
      const same = { host: this.#host, port: this.#shared?.port() ?? usualPort };
      return IceTcp.open(same, targetOf).catch(() => IceTcp.open({ ...same, port: 0 }, targetOf));
    }
    return IceTcp.open({ host: this.#host, port: tcpPort }, targetOf).catch((cause: unknown) => {
      throw portTaken('TCP', tcpPort, 'ice-tcp-port', cause);
    });
  }
}

/** Relays of TURN know a client by its port, so that sessions cannot share one. */
function sharesPort({ port, servers }: IceOptions): boolean {
  return port === 'auto' ? !servers.some(({ kind }) => kind === 'turn') : port.begin === port.end;
}

async function openShared(
  library: Library,
  { port }: IceOptions,
  host: string | undefined,
): Promise<IceUdpMuxListener> {
  if (port !== 'auto') {
    try {
      return new library.IceUdpMuxListener(port.begin, host);
    } catch (cause) {
      throw portTaken('UDP', port.begin, 'ice-port', cause);
    }
  }
  for (let left = tries, number = usualPort; ; left -= 1, number = await freePort(host)) {
    try {
      return new library.IceUdpMuxListener(number, host);
    } catch (cause) {
      if (left === 0) throw portTaken('UDP', number, 'ice-port', cause);
    }
  }
}

function only(port: number): Ports {
  return { portRangeBegin: port, portRangeEnd: port };
}

/** A UDP port that is free now. */
function freePort(host: string | undefined): Promise<number> {
  return bindOnce(0, host);
}

/** True if nobody has this UDP port now. */
async function isFree(port: number, host: string | undefined): Promise<boolean> {
  return bindOnce(port, host).then(
    () => true,
    () => false,
  );
}

/** Binds a UDP port and lets it go again. @returns its number @throws {Error} the system's */
async function bindOnce(port: number, host: string | undefined): Promise<number> {
  const socket = createSocket(host === undefined || host.includes(':') ? 'udp6' : 'udp4');
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  socket.once('error', reject);
  socket.bind({ port, exclusive: true, ...(host === undefined ? {} : { address: host }) }, () => resolve(undefined));
  try {
    await promise;
    return socket.address().port;
  } finally {
    socket.close();
  }
}

function portTaken(protocol: string, port: number, option: string, cause: unknown): PortholeError {
  return new PortholeError('webrtc_not_now', {
    message: `Porthole cannot listen on ${protocol} port ${port} for WebRTC. Another program has it, or it may not be used: choose another --${option}.`,
    detail: String(cause),
    cause,
  });
}

function hostCandidate(protocol: Candidate['protocol'], address: string, port: number, place: number): Candidate {
  const priority = priorityOf('host', protocol, place);
  const foundation = `${protocol === 'udp' ? 1 : 2}${place}`;
  return {
    foundation,
    priority,
    protocol,
    address,
    port,
    type: 'host',
    ...(protocol === 'tcp' ? { tcpType: 'passive' } : {}),
  };
}

/** The numeric address to listen at; undefined for every network. */
async function addressToBind(host: string): Promise<string | undefined> {
  if (host === '0.0.0.0' || host === '::') return undefined;
  const [address] = await numeric(host);
  return address ?? host;
}

/** The addresses of a name; those of one that cannot be found now are left out. */
async function numeric(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

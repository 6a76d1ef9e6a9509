import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { IceUdpMuxListener, RtcConfig } from 'node-datachannel';
import { HostAddresses } from '../../../cameras/sources/host-addresses.ts';
import { PortholeError } from '../../../domain/errors.ts';
import type { IceOptions } from '../../../domain/media/ice.ts';
import type { LocalTransport } from '../negotiation/answer.ts';
import { type Candidate, priorityOf } from '../../../formats/sdp/candidate.ts';
import { CheckBudget } from './check-budget.ts';
import { IceTcp, type UdpTarget } from './ice-tcp.ts';
import { type Library, type LibraryLog, loadLibrary } from '../library.ts';

/** The default port, used if it is free. */
const usualPort = 8_189;
/** How long a session waits for the addresses of an announced host name, in milliseconds. */
const lookupLimit = 1_000;
/** Random ports to try if the default port is taken. */
const tries = 5;

/** The ports of a session, as the library takes them. */
type Ports = Pick<RtcConfig, 'enableIceUdpMux' | 'portRangeBegin' | 'portRangeEnd'>;

/** A port for one session, until it is released. */
export interface SessionPlace {
  /** The library's configuration for it. */
  readonly config: RtcConfig;
  /** Frees the port. Idempotent. */
  release(): void;
}

/** The addresses and ports of this machine for WebRTC, and the library that serves them. */
export class IceEndpoint {
  readonly library: Library;
  /** The connectivity checks of all sessions. */
  readonly checks = new CheckBudget(() => performance.now());
  readonly #options: IceOptions;
  /** The addresses of announced host names. */
  readonly #hosts: HostAddresses;
  /** The address to listen at; undefined for every network. */
  readonly #host: string | undefined;
  /** The port that all sessions share; null if each session has a port. */
  readonly #shared: IceUdpMuxListener | null;
  #tcp: IceTcp | null = null;
  /** The UDP addresses of the sessions on this machine, by our ufrags. */
  readonly #sessions = new Map<string, UdpTarget>();
  /** Ports of the configured range that sessions use. */
  readonly #claimed = new Set<number>();

  private constructor(
    library: Library,
    options: IceOptions,
    hosts: HostAddresses,
    host: string | undefined,
    shared: IceUdpMuxListener | null,
  ) {
    this.library = library;
    this.#options = options;
    this.#hosts = hosts;
    this.#host = host;
    this.#shared = shared;
  }

  /**
   * Loads the library and opens the ports.
   *
   * @throws {PortholeError} `webrtc_unavailable` if the library can't be loaded, `webrtc_not_now` if a port is taken.
   */
  static async open(options: IceOptions, log: LibraryLog, hosts = new HostAddresses()): Promise<IceEndpoint> {
    const library = await loadLibrary(log);
    const host = await addressToBind(options.host);
    const shared = sharesPort(options) ? await openShared(library, options, host) : null;
    const endpoint = new IceEndpoint(library, options, hosts, host, shared);
    try {
      endpoint.#tcp = await endpoint.#openTcp();
      return endpoint;
    } catch (error) {
      await endpoint.close();
      throw error;
    }
  }

  /** The ports it listens on; null if sessions have their own, or TCP is off. */
  get ports(): { readonly udp: number | null; readonly tcp: number | null } {
    return { udp: this.#shared?.port() ?? null, tcp: this.#tcp?.port ?? null };
  }

  /**
   * Finds a port for a session.
   *
   * @throws {PortholeError} `webrtc_full` if all ports of the range are taken. A taken port never reaches the library:
   *   it would end the process.
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
   * Adds the announced addresses, and TCP at every address, to the candidates that the library found. From now on TCP
   * connections find the session, until {@link forget}.
   */
  async reach(local: LocalTransport): Promise<readonly Candidate[]> {
    const found = local.candidates.filter(({ type }) => type === 'host');
    const port = this.#shared?.port() ?? found[0]?.port;
    if (port === undefined) return local.candidates;
    this.#sessions.set(local.ufrag, { address: this.#host ?? '127.0.0.1', port });
    const announced = await Promise.all(this.#options.addresses.map((each) => this.#announcedAs(each)));
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

  /** Removes a session that has ended. */
  forget(ufrag: string): void {
    this.#sessions.delete(ufrag);
    this.#tcp?.drop(ufrag);
  }

  /** Closes the ports. All sessions must be closed before. */
  async close(): Promise<void> {
    this.#shared?.stop();
    await this.#tcp?.close();
    this.library.cleanup();
  }

  /** The addresses of an announced host. Without a name server, viewers nearby must not wait for it to answer. */
  async #announcedAs(host: string): Promise<readonly string[]> {
    if (isIP(host) !== 0) return [host];
    const { promise: late, resolve } = Promise.withResolvers<readonly string[]>();
    const timer = setTimeout(() => resolve([]), lookupLimit);
    try {
      return await Promise.race([this.#hosts.of(host), late]);
    } finally {
      clearTimeout(timer);
    }
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

/** TURN relays identify a client by its port, so sessions can't share one. */
function sharesPort({ port, servers }: IceOptions): boolean {
  return port === 'auto' ? !servers.some(({ kind }) => kind === 'turn') : port.begin === port.end;
}

async function openShared(
  library: Library,
  { port }: IceOptions,
  host: string | undefined,
): Promise<IceUdpMuxListener> {
  // The library would complain on the terminal of a port that is taken.
  if (port !== 'auto') {
    try {
      await bindOnce(port.begin, host);
      return new library.IceUdpMuxListener(port.begin, host);
    } catch (cause) {
      throw portTaken('UDP', port.begin, 'ice-port', cause);
    }
  }
  let number = (await isFree(usualPort, host)) ? usualPort : await freePort(host);
  for (let left = tries; ; left -= 1, number = await freePort(host)) {
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

/** Finds a free UDP port. */
function freePort(host: string | undefined): Promise<number> {
  return bindOnce(0, host);
}

/** True if this UDP port is free now. */
async function isFree(port: number, host: string | undefined): Promise<boolean> {
  return bindOnce(port, host).then(
    () => true,
    () => false,
  );
}

/** Binds a UDP port and releases it again. @returns its number @throws {Error} if the port can't be bound */
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
    message: `Porthole cannot listen on ${protocol} port ${port} for WebRTC. Another program uses it, or permission is missing: choose another --${option}.`,
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

/** The addresses of a host name; none if it can't be resolved now. */
async function numeric(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

import type { FoundNetworkCamera } from '../../domain/cameras/found-network-camera.ts';
import { isNetwork } from '../../domain/cameras/source-kinds.ts';
import { parseSource } from '../../domain/cameras/source.ts';
import { PortholeError } from '../../domain/errors.ts';
import type { ProbeMatch } from '../../formats/ws-discovery/ws-discovery.ts';
import type { CameraRegistry } from '../camera-registry.ts';
import type { SourceRules } from '../sources/source-rules.ts';
import type { OnvifOrder } from './onvif-messages.ts';
import { askForStreams, type CameraStreams } from './onvif-streams.ts';
import { type Answers, discoverDevices } from './ws-discovery.ts';

/** Options of {@link NetworkCameras}. */
export interface NetworkCamerasOptions {
  readonly rules: SourceRules;
  readonly cameras: CameraRegistry;
  /** Finds devices; {@link discoverDevices} by default. */
  readonly discover?: () => Promise<Answers>;
}

/** Network cameras that answer a search, by ONVIF. */
export class NetworkCameras {
  readonly #options: NetworkCamerasOptions;
  /** The device service of each camera found, by its IP address. */
  #services: ReadonlyMap<string, string> = new Map();
  #lastFound: readonly FoundNetworkCamera[] | null = null;
  #search: Promise<readonly FoundNetworkCamera[]> | null = null;

  constructor(options: NetworkCamerasOptions) {
    this.#options = options;
  }

  /** Searches all networks of this machine. Searches at the same time share one. */
  async search(): Promise<readonly FoundNetworkCamera[]> {
    this.#search ??= this.#find().finally(() => (this.#search = null));
    return this.#search;
  }

  /** What the last search has found; null before the first. */
  get lastFound(): readonly FoundNetworkCamera[] | null {
    return this.#lastFound?.map((each) => ({ ...each, camera: this.#cameraAt(each.address) })) ?? null;
  }

  /**
   * The streams of a camera that a search has found; null for other hosts.
   *
   * @throws {PortholeError} why they are not known.
   */
  async streams(
    host: string,
    login: { readonly user: string; readonly password: string },
    signal: AbortSignal,
  ): Promise<CameraStreams | null> {
    const service = this.#services.get(host);
    if (service === undefined) return null;
    const order = await orderFor(this.#options.rules, service, login);
    return askForStreams(order, signal);
  }

  /** The device service of a host that a search has found. */
  serviceOf(host: string): string | undefined {
    return this.#services.get(host);
  }

  async #find(): Promise<readonly FoundNetworkCamera[]> {
    const { discover = discoverDevices } = this.#options;
    const found: FoundNetworkCamera[] = [];
    const services = new Map<string, string>();
    for (const [address, match] of await discover()) {
      const service = serviceOf(address, match);
      if (!(await this.#isAllowed(service))) continue;
      services.set(address, service);
      const name = scopeOf(match, 'name');
      const model = scopeOf(match, 'hardware');
      found.push({ address, name: name || model || address, model, camera: this.#cameraAt(address) });
    }
    this.#services = services;
    return (this.#lastFound = found.toSorted((a, b) => a.address.localeCompare(b.address, 'en', { numeric: true })));
  }

  async #isAllowed(service: string): Promise<boolean> {
    try {
      await this.#options.rules.check(parseSource(service), { trusted: false });
      return true;
    } catch (error) {
      if (error instanceof PortholeError) return false;
      throw error;
    }
  }

  #cameraAt(address: string): FoundNetworkCamera['camera'] {
    for (const { source, config } of this.#options.cameras) {
      if (isNetwork(source) && new URL(source.url).hostname === address) return { id: config.id, name: config.name };
    }
    return null;
  }
}

/**
 * What a thread needs to ask a device.
 *
 * @param service the URL of its device service
 * @throws {PortholeError} `source_address_refused` for an address that cameras cannot have.
 */
export async function orderFor(
  rules: SourceRules,
  service: string,
  login: { readonly user: string; readonly password: string },
): Promise<OnvifOrder> {
  const { hostname, port, pathname, protocol } = new URL(service);
  const { addresses: [address = hostname] = [] } = await rules.check(parseSource(service), { trusted: false });
  const secure = protocol === 'https:';
  return { address, host: hostname, port: Number(port || (secure ? 443 : 80)), path: pathname, secure, ...login };
}

/**
 * The device service. Only the address that has answered is trusted to be the camera's, whatever it writes: some write a
 * name, or an address that they no longer have.
 */
function serviceOf(address: string, { xaddrs }: ProbeMatch): string {
  const urls = xaddrs.filter((each) => URL.canParse(each) && /^https?:/i.test(each)).map((each) => new URL(each));
  const url = urls.find(({ hostname }) => hostname === address) ?? urls[0];
  if (url === undefined) return `http://${address}/onvif/device_service`;
  return `${url.protocol}//${address}${url.port === '' ? '' : `:${url.port}`}${url.pathname}`;
}

/** What a device says about itself, as one line; empty if it says nothing. */
function scopeOf({ scopes }: ProbeMatch, name: 'name' | 'hardware'): string {
  const start = `onvif://www.onvif.org/${name}/`;
  const value = scopes.find((scope) => scope.toLowerCase().startsWith(start))?.slice(start.length) ?? '';
  try {
    return decodeURIComponent(value)
      .replace(/[\p{Cc}\p{Cf}]/gu, '')
      .trim()
      .slice(0, 50);
  } catch {
    return '';
  }
}

import { BlockList, isIP } from 'node:net';
import { PortholeError } from '../../domain/errors.ts';
import { sentence } from '../../messages/sentence.ts';
import type { ResolvedSource, Source } from '../../domain/cameras/source.ts';
import { embeddedIpv4 } from '../../formats/ip/embedded-ipv4.ts';
import { isNetwork } from '../../domain/cameras/source-kinds.ts';
import { HostAddresses } from './host-addresses.ts';
import { isListed, isRefusedAddress } from './refused-addresses.ts';

/** Decides which network addresses Porthole connects to. */
export class AddressPolicy {
  readonly #allowed = new BlockList();
  readonly #allowedHosts = new Set<string>();
  readonly #hosts = new HostAddresses();

  /** @param allowed addresses, networks (`10.0.0.0/8`) and host names to allow although they would be refused */
  constructor(allowed: readonly string[]) {
    for (const entry of allowed) {
      const [address = '', prefix] = entry.split('/');
      const version = isIP(address);
      const family = version === 6 ? 'ipv6' : 'ipv4';
      if (version === 0) this.#allowedHosts.add(entry.toLowerCase());
      else if (prefix === undefined) this.#allowed.addAddress(address, family);
      else this.#allowed.addSubnet(address, Number(prefix), family);
    }
  }

  /** True if a camera may have this IP address. */
  allows(address: string): boolean {
    const isAllowed = [address, ...embeddedIpv4(address)].some((each) => isListed(this.#allowed, each));
    return isAllowed || !isRefusedAddress(address);
  }

  /**
   * Resolves a source's host and checks its addresses.
   *
   * The Capture connects to the checked addresses, even if the name resolves to others a moment later.
   *
   * @param trusted true for a source of the command line, which may have any address
   * @throws {PortholeError} `source_address_refused`, or `source_unreachable` if the name does not resolve.
   */
  async resolve(source: Source, trusted: boolean): Promise<ResolvedSource> {
    if (!isNetwork(source)) return { source };
    const url = new URL(source.url);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const addresses = isIP(host) !== 0 ? [host] : await this.#hosts.of(host);
    if (addresses.length === 0) {
      throw new PortholeError('source_unreachable', {
        message: sentence('camera_host_unknown', { host }),
        field: 'source',
      });
    }
    const open = trusted || this.#allowedHosts.has(host.toLowerCase()) || addresses.every((each) => this.allows(each));
    if (!open) {
      throw new PortholeError('source_address_refused', {
        message: sentence('camera_host_refused', { host, addresses: addresses.join(', ') }),
        field: 'source',
      });
    }
    return { source, addresses };
  }
}

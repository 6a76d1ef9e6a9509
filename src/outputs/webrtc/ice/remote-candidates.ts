import { BlockList, isIP } from 'node:net';
import { isListed, isRefusedAddress } from '../../../cameras/sources/refused-addresses.ts';
import type { Candidate } from '../../../formats/sdp/candidate.ts';
import type { CheckBudget } from './check-budget.ts';

/** Candidates of one client to check. Clients with many networks have about ten; each candidate gets up to 6 packets. */
const mostChecked = 16;

/** Decides which candidates of one client get connectivity checks. The client can always connect to our candidates. */
export class RemoteCandidates {
  readonly #budget: CheckBudget;
  /** The address that the client's requests come from. */
  readonly #own = new BlockList();
  readonly #seen = new Set<string>();

  /**
   * @param client the address that the client's requests come from; null if it isn't known. The client itself has shown
   *   that it is there, so its address may be loopback or link-local.
   */
  constructor(client: string | null, budget: CheckBudget) {
    this.#budget = budget;
    const address = client?.split('%')[0] ?? '';
    if (isIP(address) !== 0) this.#own.addAddress(address, familyOf(address));
  }

  /** True if this candidate gets checks. Call it once for each candidate. */
  take({ protocol, address, port }: Candidate): boolean {
    if (protocol !== 'udp') return false;
    const key = `${address} ${port}`;
    if (this.#seen.has(key) || this.#seen.size >= mostChecked) return false;
    const isOwn = isListed(this.#own, address);
    if (!isOwn && !(!isRefusedAddress(address) && mayUse(port) && this.#budget.take(address))) return false;
    if (isOwn && port === 0) return false;
    this.#seen.add(key);
    return true;
  }
}

/** Ports below 1024 belong to other services, except those at which TURN servers pass firewalls, as in Chrome. */
function mayUse(port: number): boolean {
  return port >= 1_024 || port === 80 || port === 443;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

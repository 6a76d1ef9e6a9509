import type { Broadcast } from '../../fanout/broadcast.ts';

/** How many encoded Renditions of a camera each owner is entitled to: a page that changes its size has two for a moment. */
const entitled = 2;

/** Which Renditions of a camera each owner watches: a person or an address, with any number of Viewers. */
export class Entitlements {
  /** How many Viewers of each Broadcast an owner has, in the order in which the first one came. */
  readonly #owners = new Map<string, Map<Broadcast, number>>();

  /** Adds a Viewer. */
  add(owner: string, broadcast: Broadcast): void {
    const watched = this.#owners.get(owner) ?? new Map<Broadcast, number>();
    watched.set(broadcast, (watched.get(broadcast) ?? 0) + 1);
    this.#owners.set(owner, watched);
  }

  /** Removes a Viewer. */
  remove(owner: string, broadcast: Broadcast): void {
    const watched = this.#owners.get(owner);
    const count = watched?.get(broadcast);
    if (watched === undefined || count === undefined) return;
    if (count > 1) watched.set(broadcast, count - 1);
    else watched.delete(broadcast);
    if (watched.size === 0) this.#owners.delete(owner);
  }

  /**
   * The encoded Renditions that some owner is entitled to: the first ones that they have opened and still watch. All others
   * are extra.
   */
  broadcasts(isEncoded: (broadcast: Broadcast) => boolean): ReadonlySet<Broadcast> {
    const found = new Set<Broadcast>();
    for (const watched of this.#owners.values()) {
      let count = 0;
      for (const broadcast of watched.keys()) {
        if (count === entitled) break;
        if (!isEncoded(broadcast)) continue;
        found.add(broadcast);
        count += 1;
      }
    }
    return found;
  }
}

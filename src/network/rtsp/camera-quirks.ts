import { followRedirect, mostRedirects } from '../http/redirect.ts';
import type { KeepAliveMethod } from './keep-alive.ts';

/** What connections to an RTSP camera have taught, for the next connection to it. */
export class CameraQuirks {
  readonly #hangsUpAt = new Set<KeepAliveMethod>();
  /** True if the configured URL ends in `#udp`: media are to come over UDP. */
  readonly wantsUdp: boolean;
  #refusesAudio = false;
  #redirects = 0;
  #url: string;

  /** @param url the camera's URL, as configured */
  constructor(url: string) {
    this.#url = url;
    this.wantsUdp = /#(?:.*&)?udp(?:&|$)/i.test(url);
  }

  /** How much has been learned. A connection that fails after it has grown is worth another one. */
  get count(): number {
    return this.#hangsUpAt.size + this.#redirects + (this.#refusesAudio ? 1 : 0);
  }

  /** The URL to ask, with name and password. */
  get url(): string {
    return this.#url;
  }

  /** True if the camera refuses the stream, perhaps only because of its audio. */
  get refusesAudio(): boolean {
    return this.#refusesAudio;
  }

  set refusesAudio(refuses: true) {
    this.#refusesAudio = refuses;
  }

  /** The keepalives at which the camera has closed the connection. */
  get hangsUpAt(): ReadonlySet<KeepAliveMethod> {
    return this.#hangsUpAt;
  }

  /** Notes that the camera has closed the connection at a keepalive. */
  hangUp(method: KeepAliveMethod): void {
    this.#hangsUpAt.add(method);
  }

  /** Notes a redirect, if it may be followed. */
  redirect(location: string | undefined): void {
    const url = followRedirect(this.#url, location);
    if (url === null || this.#redirects === mostRedirects.rtsp) return;
    this.#redirects += 1;
    this.#url = url;
  }
}

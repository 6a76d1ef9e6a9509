import type { KeepAliveMethod } from './keep-alive.ts';

const mostRedirects = 3;

/** What connections to an RTSP camera have taught, for the next connection to it. */
export class CameraQuirks {
  readonly #hangsUpAt = new Set<KeepAliveMethod>();
  #refusesAudio = false;
  #redirects = 0;
  #url: string;

  /** @param url the camera's URL, as configured */
  constructor(url: string) {
    this.#url = url;
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

  /** Notes a redirect. Only another path of the same host and port is followed: other places have not been checked. */
  redirect(location: string | undefined): void {
    const [, scheme = '', login = '', place = '', path = ''] = parts.exec(this.#url) ?? [];
    const [, otherScheme = '', , otherPlace = '', otherPath = ''] = parts.exec(location?.trim() ?? '') ?? [];
    const isHere =
      scheme.toLowerCase() === otherScheme.toLowerCase() && place.toLowerCase() === otherPlace.toLowerCase();
    if (!isHere || path === otherPath || this.#redirects === mostRedirects) return;
    this.#redirects += 1;
    this.#url = `${scheme}://${login}${place}${otherPath}`;
  }
}

/** Scheme, name and password, host and port, path and query of a URL. */
const parts = /^(rtsps?):\/\/([^/?#]*@)?([^/?#@]+)([^#]*)/i;

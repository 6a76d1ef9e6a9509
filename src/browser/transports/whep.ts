/** The server's response to an offer. */
export interface WhepAnswer {
  readonly status: number;
  /** The SDP answer; null if the offer was refused. */
  readonly sdp: string | null;
  /** The Link header, which lists ICE servers. */
  readonly link: string | null;
}

/** A WHEP session (draft-ietf-wish-whep), client side. */
export class WhepSession {
  readonly #url: string;
  #location: string | null = null;
  #etag = '';
  #ended = false;

  /** @param url the WHEP endpoint */
  constructor(url: string) {
    this.#url = url;
  }

  /** Posts an SDP offer. */
  async open(offer: string): Promise<WhepAnswer> {
    const headers = { 'content-type': 'application/sdp' };
    const response = await fetch(this.#url, { method: 'POST', headers, body: offer });
    const { status } = response;
    const location = response.headers.get('location');
    if (status !== 201 || location === null) return { status, sdp: null, link: null };
    // Relative to the endpoint: on another site's page a path alone would point to that site.
    this.#location = new URL(location, new URL(this.#url, document.baseURI)).href;
    this.#etag = response.headers.get('etag') ?? '';
    if (this.#ended) this.#delete();
    return { status, sdp: await response.text(), link: response.headers.get('link') };
  }

  /** Sends ICE candidates. Failures are ignored: the server is often reachable without them. */
  patch(fragment: string): void {
    if (this.#location === null || this.#ended) return;
    const headers = { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': this.#etag };
    fetch(this.#location, { method: 'PATCH', headers, body: fragment }).catch(() => undefined);
  }

  /** Deletes the session on the server, even while the page unloads. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#delete();
  }

  #delete(): void {
    if (this.#location !== null) fetch(this.#location, { method: 'DELETE', keepalive: true }).catch(() => undefined);
  }
}

/** An SDP fragment with ICE candidates (RFC 8840); an empty list means the end of candidates. */
export function trickleFragment(offer: string, candidates: readonly RTCIceCandidate[]): string {
  const of = (name: string): string => new RegExp(`^a=${name}:(.*)$`, 'm').exec(offer)?.[1]?.trim() ?? '';
  const lines = [
    `a=ice-ufrag:${of('ice-ufrag')}`,
    `a=ice-pwd:${of('ice-pwd')}`,
    'm=video 9 UDP/TLS/RTP/SAVPF 0',
    `a=mid:${of('mid')}`,
    ...candidates.map(({ candidate }) => `a=${candidate}`),
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

const linkPattern =
  /<((?:stun|turn)s?:[^>]+)>;\s*rel="ice-server"(?:;\s*username="((?:[^"\\]|\\.)*)";\s*credential="((?:[^"\\]|\\.)*)")?/g;

/** The ICE servers listed in a `Link` header. */
export function iceServersOf(link: string | null): RTCIceServer[] {
  return [...(link ?? '').matchAll(linkPattern)].map(([, urls = '', username, credential]) =>
    username === undefined || credential === undefined
      ? { urls }
      : { urls, username: unquoted(username), credential: unquoted(credential) },
  );
}

function unquoted(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

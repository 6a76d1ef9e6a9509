/** What came back for an offer. */
export interface WhepAnswer {
  readonly status: number;
  /** Null when it was refused. */
  readonly sdp: string | null;
  /** The header that names servers for ICE. */
  readonly link: string | null;
}

/** One session of WHEP, as its client sees it. */
export class WhepSession {
  readonly #url: string;
  #location: string | null = null;
  #etag = '';
  #ended = false;

  /** @param url the endpoint */
  constructor(url: string) {
    this.#url = url;
  }

  /** Posts an offer. */
  async open(offer: string): Promise<WhepAnswer> {
    const headers = { 'content-type': 'application/sdp' };
    const response = await fetch(this.#url, { method: 'POST', headers, body: offer });
    const { status } = response;
    const location = response.headers.get('location');
    if (status !== 201 || location === null) return { status, sdp: null, link: null };
    // In another site's page a path alone would be a path there.
    this.#location = new URL(location, new URL(this.#url, document.baseURI)).href;
    this.#etag = response.headers.get('etag') ?? '';
    if (this.#ended) this.#delete();
    return { status, sdp: await response.text(), link: response.headers.get('link') };
  }

  /** Sends candidates; that they do not arrive is no fault, where the server can be reached without them. */
  patch(fragment: string): void {
    if (this.#location === null || this.#ended) return;
    const headers = { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': this.#etag };
    fetch(this.#location, { method: 'PATCH', headers, body: fragment }).catch(() => undefined);
  }

  /** Ends it at the server, also while the page is left. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#delete();
  }

  #delete(): void {
    if (this.#location !== null) fetch(this.#location, { method: 'DELETE', keepalive: true }).catch(() => undefined);
  }
}

/** Candidates as WHEP wants them (RFC 8840); none stand for the end of them. */
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

/** The servers that a header `Link` names. */
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

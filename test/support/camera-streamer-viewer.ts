import { RTCPeerConnection, useH264 } from 'werift';

/** The offer that a client of camera-streamer receives. */
export interface OfferMessage {
  readonly id: string;
  readonly type: string;
  readonly sdp: string;
  readonly iceServers: readonly object[];
}

/** A client of camera-streamer's WebRTC, with another WebRTC implementation than the server's. */
export class CameraStreamerViewer {
  readonly #connection: RTCPeerConnection;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly offer: OfferMessage;
  /** The RTP timestamps of the received frames, and the bytes of all packets. */
  readonly pictures: number[] = [];
  bytes = 0;

  private constructor(url: string, headers: Readonly<Record<string, string>>, offer: OfferMessage) {
    this.#url = url;
    this.#headers = headers;
    this.offer = offer;
    this.#connection = new RTCPeerConnection({
      codecs: { video: [useH264()] },
      iceServers: [],
      iceUseIpv6: false,
      iceAdditionalHostAddresses: ['127.0.0.1'],
    });
    this.#connection.onTrack.subscribe((track) =>
      track.onReceiveRtp.subscribe(({ header, payload }) => {
        this.bytes += payload.length;
        if (header.marker) this.pictures.push(header.timestamp);
      }),
    );
  }

  /** Requests an offer. */
  static async ask(url: string, headers: Readonly<Record<string, string>>): Promise<CameraStreamerViewer> {
    const response = await say(url, headers, { type: 'request', res: null, iceServers: [{ urls: ['stun:x'] }] });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return new CameraStreamerViewer(url, headers, (await response.json()) as OfferMessage);
  }

  /** Requests an offer and answers it. */
  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<CameraStreamerViewer> {
    const viewer = await CameraStreamerViewer.ask(url, headers);
    const { status } = await viewer.say({ type: 'answer', sdp: await viewer.answer() });
    if (status !== 200) throw new Error(`the answer was rejected: ${status}`);
    return viewer;
  }

  /** Creates the answer to an offer, with all candidates. */
  async answer(): Promise<string> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: this.offer.sdp });
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    return this.#connection.localDescription?.sdp ?? '';
  }

  /** Sends a message for this session. */
  say(message: object): Promise<Response> {
    return say(this.#url, this.#headers, { id: this.offer.id, ...message });
  }

  /** Closes the peer connection; messages can still be sent. Idempotent. */
  async hush(): Promise<void> {
    await this.#connection.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.hush();
  }
}

function say(url: string, headers: Readonly<Record<string, string>>, message: object): Promise<Response> {
  const body = JSON.stringify(message);
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
}

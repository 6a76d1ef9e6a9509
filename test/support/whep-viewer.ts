import { RTCPeerConnection, useH264, useOPUS } from 'werift';

type Send = (url: string, init: RequestInit) => Promise<Response>;

/** Options of {@link WhepViewer}. */
export interface WhepViewerOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Uses ICE over TCP only. */
  readonly tcpOnly?: boolean;
  /** Offers to receive audio as well. */
  readonly audio?: boolean;
  /** How to send HTTP requests, such as through a proxy. */
  readonly fetch?: Send;
  /** The port on 127.0.0.1 to send UDP to, instead of the server's, such as that of `startLossyUdp`. */
  readonly udpPort?: number;
}

/** A WHEP client on werift, another implementation of WebRTC. */
export class WhepViewer {
  readonly #connection: RTCPeerConnection;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #send: Send;
  /** Video packets in the order of arrival: RTP timestamp, sequence number, marker, payload. */
  readonly packets: { timestamp: number; sequence: number; marker: boolean; payload: Buffer }[] = [];
  /** Audio packets in the order of arrival. */
  readonly audio: WhepViewer['packets'] = [];
  /** The server's answer. */
  readonly answer: string;
  /** The URL of its session. */
  readonly location: string;
  /** The connection states so far. */
  readonly states: string[] = [];

  private constructor(
    connection: RTCPeerConnection,
    headers: Readonly<Record<string, string>>,
    { location, answer, send }: { readonly location: string; readonly answer: string; readonly send: Send },
  ) {
    this.#send = send;
    this.#connection = connection;
    this.answer = answer;
    this.#headers = headers;
    this.location = location;
    connection.connectionStateChange.subscribe((state) => this.states.push(state));
    connection.onTrack.subscribe((track) =>
      track.onReceiveRtp.subscribe(({ header, payload }) => {
        const { timestamp, sequenceNumber: sequence, marker } = header;
        const kept = track.kind === 'audio' ? this.audio : this.packets;
        kept.push({ timestamp, sequence, marker, payload: Buffer.from(payload) });
      }),
    );
  }

  /** Sends the offer, and accepts the answer. */
  static async open(
    url: string,
    { headers = {}, tcpOnly = false, audio: audio = false, udpPort, fetch: send = fetch }: WhepViewerOptions = {},
  ): Promise<WhepViewer> {
    const connection = newConnection(tcpOnly);
    const response = await send(url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', ...headers },
      body: await offerOf(connection, audio),
    });
    const answer = await response.text();
    if (response.status !== 201) {
      await connection.close();
      throw new Error(`${response.status} ${answer}`);
    }
    const location = new URL(response.headers.get('location') ?? '', url).href;
    const viewer = new WhepViewer(connection, headers, { location, answer, send });
    const lines = answer.split('\r\n').filter((line) => !tcpOnly || !/^a=candidate.* udp /.test(line));
    const moved = udpPort === undefined ? lines : lines.flatMap((line) => throughPort(line, udpPort));
    await connection.setRemoteDescription({ type: 'answer', sdp: moved.join('\r\n') });
    return viewer;
  }

  /** The protocol of the connection: `udp` or `tcp`; undefined before it is connected. */
  get protocol(): string | undefined {
    const { iceTransports } = this.#connection as unknown as {
      iceTransports: { connection: { nominated?: { remoteCandidate: { transport: string } } } }[];
    };
    return iceTransports[0]?.connection.nominated?.remoteCandidate.transport.toLowerCase();
  }

  /** The received H.264 in Annex B (RFC 6184, section 5), in sending order. */
  get annexB(): Buffer {
    return this.annexBFrom(0);
  }

  /** The same without packets that were sent before this one. */
  annexBFrom(begin: number): Buffer {
    const packets = this.packets.slice(begin);
    const [first] = packets;
    if (first === undefined) return Buffer.alloc(0);
    const place = ({ sequence }: { sequence: number }): number =>
      ((sequence - first.sequence + 0x8000) & 0xffff) - 0x8000;
    const startCode = Buffer.from([0, 0, 0, 1]);
    const parts: Buffer[] = [];
    for (const { payload } of packets
      .filter((each) => begin === 0 || place(each) >= 0)
      .toSorted((a, b) => place(a) - place(b))) {
      const [indicator = 0, fragment = 0] = payload;
      if ((indicator & 0x1f) !== 28) parts.push(startCode, payload);
      else {
        if (fragment & 0x80) parts.push(startCode, Buffer.from([(indicator & 0xe0) | (fragment & 0x1f)]));
        parts.push(payload.subarray(2));
      }
    }
    return Buffer.concat(parts);
  }

  /** Requests a keyframe (PLI), as a decoder does after a loss. */
  async askForKeyframe(): Promise<void> {
    const [receiver] = this.#connection.getReceivers().filter(({ kind }) => kind === 'video');
    const ssrc = Number(/m=video[^]*?a=ssrc:(\d+)/.exec(this.answer)?.[1]);
    await receiver?.sendRtcpPLI(ssrc);
  }

  /** Sends a packet over the connection, as it is. */
  async sendRaw(packet: Buffer): Promise<void> {
    const { iceTransports } = this.#connection as unknown as {
      iceTransports: { connection: { send(packet: Buffer): Promise<void> } }[];
    };
    await iceTransports[0]?.connection.send(packet);
  }

  /** Ends the session by DELETE. */
  async end(): Promise<number> {
    return (await this.#send(this.location, { method: 'DELETE', headers: this.#headers })).status;
  }

  /** Closes the connection without telling the server. */
  async leave(): Promise<void> {
    await this.#connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The server may have ended already.
    await this.end().catch(() => undefined);
    await this.leave();
  }
}

/** The offer of a client that wants video only, with all its candidates. */
export async function whepOffer(): Promise<string> {
  const connection = newConnection(false);
  const sdp = await offerOf(connection, false);
  await connection.close();
  return sdp;
}

/** Points a UDP candidate of an answer to a local port; drops other candidates, which would bypass it. */
function throughPort(line: string, port: number): readonly string[] {
  if (!line.startsWith('a=candidate:')) return [line];
  return line.includes(' udp ') ? [line.replace(/^(a=candidate:\w+ 1 udp \d+ )\S+ \d+/, `$1127.0.0.1 ${port}`)] : [];
}

function newConnection(iceUseTcp: boolean): RTCPeerConnection {
  return new RTCPeerConnection({
    codecs: { video: [useH264()], audio: [useOPUS()] },
    iceServers: [],
    iceUseIpv6: false,
    iceUseTcp,
    iceAdditionalHostAddresses: ['127.0.0.1'],
  });
}

async function offerOf(connection: RTCPeerConnection, audio: boolean): Promise<string> {
  if (audio) connection.addTransceiver('audio', { direction: 'recvonly' });
  connection.addTransceiver('video', { direction: 'recvonly' });
  await connection.setLocalDescription(await connection.createOffer());
  return connection.localDescription?.sdp ?? '';
}

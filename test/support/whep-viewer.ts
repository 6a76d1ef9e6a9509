import { RTCPeerConnection, useH264, useOPUS } from 'werift';

/** How a {@link WhepViewer} goes about it. */
export interface WhepViewerOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Knows ICE over TCP, and is given no address for UDP. */
  readonly tcpOnly?: boolean;
  /** Wants sound as well. */
  readonly audio?: boolean;
  /** The port on 127.0.0.1 where UDP is sent in place of the server's, as `startLossyUdp` has one. */
  readonly udpPort?: number;
}

/** A client of WHEP on another implementation of WebRTC, written in TypeScript. */
export class WhepViewer {
  readonly #connection: RTCPeerConnection;
  readonly #headers: Readonly<Record<string, string>>;
  /** What came, in the order in which it came: RTP timestamp, sequence number, whether it ends a picture, payload. */
  readonly packets: { timestamp: number; sequence: number; marker: boolean; payload: Buffer }[] = [];
  /** The same of sound. */
  readonly audio: WhepViewer['packets'] = [];
  /** What it was answered. */
  readonly answer: string;
  /** The address of its session. */
  readonly location: string;
  /** The states of its connection so far. */
  readonly states: string[] = [];

  private constructor(
    connection: RTCPeerConnection,
    headers: Readonly<Record<string, string>>,
    { location, answer }: { readonly location: string; readonly answer: string },
  ) {
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

  /** Offers to watch, and takes the answer. */
  static async open(
    url: string,
    { headers = {}, tcpOnly = false, audio: audio = false, udpPort }: WhepViewerOptions = {},
  ): Promise<WhepViewer> {
    const connection = newConnection(tcpOnly);
    const response = await fetch(url, {
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
    const viewer = new WhepViewer(connection, headers, { location, answer });
    const lines = answer.split('\r\n').filter((line) => !tcpOnly || !/^a=candidate.* udp /.test(line));
    const moved = udpPort === undefined ? lines : lines.flatMap((line) => throughPort(line, udpPort));
    await connection.setRemoteDescription({ type: 'answer', sdp: moved.join('\r\n') });
    return viewer;
  }

  /** How it reached the server: `udp` or `tcp`; undefined before. */
  get protocol(): string | undefined {
    const { iceTransports } = this.#connection as unknown as {
      iceTransports: { connection: { nominated?: { remoteCandidate: { transport: string } } } }[];
    };
    return iceTransports[0]?.connection.nominated?.remoteCandidate.transport.toLowerCase();
  }

  /** What came as H.264 in Annex B (RFC 6184, section 5), in the order in which it was sent. */
  get annexB(): Buffer {
    return this.annexBFrom(0);
  }

  /** The same without what was sent before this packet, whenever it came. */
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

  /** Says that it has lost its way (PLI), as decoders do that miss a picture. */
  async askForKeyframe(): Promise<void> {
    const [receiver] = this.#connection.getReceivers().filter(({ kind }) => kind === 'video');
    const ssrc = Number(/m=video[^]*?a=ssrc:(\d+)/.exec(this.answer)?.[1]);
    await receiver?.sendRtcpPLI(ssrc);
  }

  /** Ends the session as WHEP says. */
  async end(): Promise<number> {
    return (await fetch(this.location, { method: 'DELETE', headers: this.#headers })).status;
  }

  /** Ends the connection without a word to the server. */
  async leave(): Promise<void> {
    await this.#connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The server may have ended already.
    await this.end().catch(() => undefined);
    await this.leave();
  }
}

/** The offer of a client that only wants video, with all its candidates. */
export async function whepOffer(): Promise<string> {
  const connection = newConnection(false);
  const sdp = await offerOf(connection, false);
  await connection.close();
  return sdp;
}

/** A line of an answer with the port of a UDP line put in; nothing of what goes around it. */
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

import { randomBytes } from 'node:crypto';
import type { FrameSource } from '../../fanout/frame-source.ts';
import type { Connection } from '../../fanout/connection.ts';
import { monotonicNow } from '../../domain/clock.ts';
import type { TransportOffer } from '../../formats/rtsp/transport-offer.ts';
import { InterleavedSender } from './interleaved-sender.ts';
import type { Medium, Presentation } from './presentation.ts';
import type { RtpSender } from './rtp-sender.ts';
import { usualChannel } from './rtp-track.ts';
import type { UdpPorts } from './udp-ports.ts';
import { UdpSender } from './udp-sender.ts';

/** Options of {@link RtspServerSession}. */
export interface RtspServerSessionOptions {
  readonly frames: Pick<FrameSource, 'subscribe'>;
  readonly presentation: Presentation;
  readonly connection: Connection;
  /** Opens the server's UDP ports, or returns those that are open. */
  readonly udp: () => Promise<UdpPorts>;
  /** The client's address. */
  readonly address: string;
  /** See `Viewer.owner`. */
  readonly owner: string;
  /** Called when the camera was removed. */
  readonly onCameraGone: () => void;
}

/** A track that was set up, and how it goes to the client. */
type SetUpTrack = { readonly medium: Medium } & (
  | { readonly kind: 'tcp'; readonly channels: readonly [number, number] }
  | { readonly kind: 'udp'; readonly ports: readonly [number, number]; readonly server: UdpPorts }
);

/** A session of RTSP 1.0 (RFC 2326, section 3.4): the tracks that a client has set up, and their senders while it plays. */
export class RtspServerSession {
  /** Identifies the session to its client. */
  readonly id = randomBytes(8).toString('hex').toUpperCase();
  readonly presentation: Presentation;
  readonly #options: RtspServerSessionOptions;
  readonly #tracks = new Map<number, SetUpTrack>();
  readonly #senders: RtpSender[] = [];
  /** Functions that end the subscriptions of the senders. */
  readonly #unsubscribes: (() => void)[] = [];
  /** Functions that end listening to the client's UDP ports. */
  readonly #deafen: (() => void)[] = [];
  #heardAt = monotonicNow();
  #sent = 0;
  #dropped = 0;
  #isClosed = false;

  constructor(options: RtspServerSessionOptions) {
    this.#options = options;
    this.presentation = options.presentation;
  }

  get isPlaying(): boolean {
    return this.#senders.length > 0;
  }

  /** True until a track has been set up. */
  get isEmpty(): boolean {
    return this.#tracks.size === 0;
  }

  /** True if all tracks are in the connection of the requests. */
  get isInterleaved(): boolean {
    return [...this.#tracks.values()].every(({ kind }) => kind === 'tcp');
  }

  /** When the client's UDP ports sent something last, on the monotonic clock in milliseconds. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Frames, since the session began. */
  get counts(): { readonly sent: number; readonly dropped: number } {
    const sum = (of: 'sent' | 'dropped', from: number): number =>
      this.#senders.reduce((total, sender) => total + sender[of], from);
    return { sent: sum('sent', this.#sent), dropped: sum('dropped', this.#dropped) };
  }

  /** The number of the first track that is not set up. */
  get nextTrack(): number {
    const free = this.presentation.media.findIndex((_, number) => !this.#tracks.has(number));
    return free === -1 ? 0 : free;
  }

  /**
   * Sets up a track.
   *
   * @returns the value of the header `Transport`; null if the session has no such track
   */
  async setUp(number: number, offer: TransportOffer): Promise<string | null> {
    const medium = this.presentation.media[number];
    if (medium === undefined) return null;
    if (offer.kind === 'tcp') {
      const channels = offer.channels ?? this.#freeChannels(usualChannel(medium.track.codec));
      this.#tracks.set(number, { kind: 'tcp', medium, channels });
      return `RTP/AVP/TCP;unicast;interleaved=${channels.join('-')}`;
    }
    const server = await this.#options.udp();
    if (this.#isClosed) return null;
    this.#tracks.set(number, { kind: 'udp', medium, ports: offer.ports, server });
    const heard = (): void => void (this.#heardAt = monotonicNow());
    this.#deafen.push(server.onHeard(this.#options.address, offer.ports, heard));
    return `RTP/AVP;unicast;client_port=${offer.ports.join('-')};server_port=${server.port}-${server.port + 1}`;
  }

  /** Sends all tracks that are set up, from a keyframe on. */
  play(): void {
    if (this.isPlaying) return;
    const { frames, presentation } = this.#options;
    const started = [...this.#tracks.values()].map((track) => ({ ...track, sender: this.#senderOf(track) }));
    for (const { medium, sender } of started) {
      this.#senders.push(sender);
      this.#unsubscribes.push(frames.subscribe(presentation.camera, medium.rendition, sender, 'every'));
      if (sender instanceof UdpSender) sender.start();
    }
  }

  /** Sends nothing until {@link play}. The camera stays open. */
  pause(): void {
    const { sent, dropped } = this.counts;
    for (const unsubscribe of this.#unsubscribes.splice(0)) unsubscribe();
    for (const sender of this.#senders.splice(0)) sender.close();
    [this.#sent, this.#dropped] = [sent, dropped];
  }

  /** Sends a report of each track. */
  report(now: number): void {
    for (const sender of this.#senders) sender.report(now);
  }

  /** Ends the session, but not its presentation. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.pause();
    for (const deafen of this.#deafen.splice(0)) deafen();
  }

  #senderOf(track: SetUpTrack): InterleavedSender | UdpSender {
    const { connection, address, owner, onCameraGone } = this.#options;
    const common = { track: track.medium.track, owner, onEnd: onCameraGone };
    if (track.kind === 'udp') return new UdpSender({ ...common, ports: track.server, address, to: track.ports });
    const [channel, reports] = track.channels;
    return new InterleavedSender({ ...common, connection, channel, reports });
  }

  #freeChannels(usual: number): readonly [number, number] {
    const taken = new Set([...this.#tracks.values()].flatMap((track) => (track.kind === 'tcp' ? track.channels : [])));
    let first = usual;
    while (taken.has(first) || taken.has(first + 1)) first += 2;
    return [first, first + 1];
  }
}

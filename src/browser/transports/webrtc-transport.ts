import type { BetterTransport, Subject, TransportContext, TransportKind } from './better-transport.ts';
import type { Stats } from '../player/stats.ts';
import type { WebRtcPlayer } from './webrtc-player.ts';

/** H.264 over WebRTC, by WHEP. */
export const webRtcTransport: TransportKind = {
  name: 'WebRTC',
  // What gets through at all gets through quickly; elsewhere MSE is there a second later.
  stallTimeout: 3_000,
  supported: () => typeof RTCPeerConnection !== 'undefined',
  async open(context) {
    const { WebRtcPlayer } = await import('./webrtc-player.ts');
    const { connection, label, events } = context;
    const audio = wantsAudio(context.muted);
    const player = new WebRtcPlayer(connection.clock, label, events, urlFor(context), audio);
    return new WebRtcTransport(context, player, audio);
  },
};

/** A {@link WebRtcPlayer} as the display wants it. */
class WebRtcTransport implements BetterTransport {
  readonly #context: TransportContext;
  readonly #player: WebRtcPlayer;
  readonly #audio: boolean;
  #muted: boolean;

  /** @param audio true if the player was opened with sound */
  constructor(context: TransportContext, player: WebRtcPlayer, audio: boolean) {
    this.#context = context;
    this.#audio = audio;
    this.#muted = context.muted;
    this.#player = player;
  }

  get hasAudio(): boolean {
    return this.#player.hasAudio;
  }

  get video(): HTMLVideoElement {
    return this.#player.video;
  }

  get hasPicture(): boolean {
    return this.#player.hasPicture;
  }

  get silentFor(): number {
    return this.#player.silentFor;
  }

  /** A session has one size: another one is another session. */
  watch({ camera, width }: Subject): void {
    const { subject, events } = this.#context;
    if (camera !== subject.camera || width !== subject.width) events.failed('resized');
  }

  wake(): void {
    this.#player.wake();
  }

  check(): void {
    this.#player.check();
    this.#followAudio();
  }

  stats(): Stats {
    return this.#player.stats();
  }

  setMuted(muted: boolean): void {
    this.#muted = muted;
    this.#followAudio();
  }

  close(): void {
    this.#player.close();
  }

  /** With sound it is another session, and without as well: nothing listens for a page that is muted. */
  #followAudio(): void {
    if (wantsAudio(this.#muted) !== this.#audio) this.#context.events.failed('resized');
  }
}

/** True if sound can be heard: browsers play none before the person has clicked something on the page. */
function wantsAudio(muted: boolean): boolean {
  const activation = (navigator as { readonly userActivation?: UserActivation }).userActivation;
  return !muted && activation?.hasBeenActive !== false;
}

function urlFor({ connection, subject }: TransportContext): string {
  const { server, token } = connection.address;
  const url = new URL(`/cameras/${encodeURIComponent(subject.camera)}/whep`, server);
  url.searchParams.set('width', String(subject.width));
  if (token !== null) url.searchParams.set('token', token);
  return url.href;
}

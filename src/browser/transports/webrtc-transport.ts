import type { TransportContext, TransportKind, VideoRequest, VideoTransport } from './video-transport.ts';
import type { Stats } from './meter.ts';
import type { WebRtcPlayer } from './webrtc-player.ts';

/** H.264 over WebRTC, negotiated by WHEP. */
export const webRtcTransport: TransportKind = {
  name: 'WebRTC',
  // If WebRTC connects at all, it connects quickly; otherwise MSE takes over a second later.
  startTimeout: 3_000,
  supported: () => typeof RTCPeerConnection !== 'undefined',
  async open(context) {
    const { WebRtcPlayer } = await import('./webrtc-player.ts');
    const { connection, label, events } = context;
    const audio = wantsAudio(context.muted);
    const player = new WebRtcPlayer(connection.clock, label, events, urlFor(context), audio);
    return new WebRtcTransport(context, player, audio);
  },
};

/** Adapts a {@link WebRtcPlayer} to {@link VideoTransport}. */
class WebRtcTransport implements VideoTransport {
  readonly #context: TransportContext;
  readonly #player: WebRtcPlayer;
  readonly #audio: boolean;
  #muted: boolean;

  /** @param audio true if the player was opened with audio */
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

  get hasFrame(): boolean {
    return this.#player.hasFrame;
  }

  get silentFor(): number {
    return this.#player.silentFor;
  }

  /** A WHEP session has one size, so another size needs a new session. */
  watch({ camera, width }: VideoRequest): void {
    const { request, events } = this.#context;
    if (camera !== request.camera || width !== request.width) events.failed('resized');
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

  /** Audio needs a new session, and so does muting: a muted page receives no audio. */
  #followAudio(): void {
    if (wantsAudio(this.#muted) !== this.#audio) this.#context.events.failed('resized');
  }
}

/** True if audio is on and may play: browsers play none before the viewer has clicked on the page. */
function wantsAudio(muted: boolean): boolean {
  const activation = (navigator as { readonly userActivation?: UserActivation }).userActivation;
  return !muted && activation?.hasBeenActive !== false;
}

function urlFor({ connection, request }: TransportContext): string {
  const { server, token } = connection.address;
  const url = new URL(`/cameras/${encodeURIComponent(request.camera)}/whep`, server);
  url.searchParams.set('width', String(request.width));
  if (token !== null) url.searchParams.set('token', token);
  return url.href;
}

// Runs in a page: plays a camera with Porthole's WebRTC player, without any other part of Porthole.
import { ServerClock } from '../../src/browser/connection/server-clock.ts';
import { WebRtcPlayer } from '../../src/browser/transports/webrtc-player.ts';

/** The part of the player that tests use. */
export interface PlayerPage {
  play(url: string): void;
  readonly events: string[];
  player: WebRtcPlayer | null;
}

const page: PlayerPage = {
  events: [],
  player: null,
  play(url) {
    const clock = new ServerClock();
    clock.guess(Date.now());
    const events = {
      shown: () => page.events.push('shown'),
      drawn: () => undefined,
      failed: (why: string) => page.events.push(`failed: ${why}`),
    };
    const player = new WebRtcPlayer(clock, 'Front', events, url);
    page.player = player;
    document.body.append(player.video);
    // Lets the code that reads frames from Porthole's pages work here, too.
    const stage = document.createElement('div');
    stage.className = 'stage';
    Object.defineProperty(stage, 'stats', { get: () => player.stats() });
    Object.assign(stage, { player: { display: { element: player.video } } });
    document.body.append(stage);
    setInterval(() => page.player?.check(), 500);
  },
};
Object.assign(globalThis, { page });

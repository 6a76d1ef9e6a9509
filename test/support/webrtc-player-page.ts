// Runs in a page: plays a camera with Porthole's own player for WebRTC, and nothing else of Porthole's.
import { ServerClock } from '../../src/browser/clock.ts';
import { WebRtcPlayer } from '../../src/browser/webrtc-player.ts';

/** What a test sees of the player. */
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
    page.player = new WebRtcPlayer(clock, 'Front', events, url);
    document.body.append(page.player.video);
    setInterval(() => page.player?.check(), 500);
  },
};
Object.assign(globalThis, { page });

import type { VideoFormat } from '../../channel/messages.ts';
import type { CameraState } from '../../domain/camera.ts';
import type { Frame } from '../../domain/frame.ts';
import { heightFor } from '../../domain/rendition.ts';
import type { Broadcast } from '../../fanout/broadcast.ts';
import { renderNotice } from './notice.ts';

/** The size of a notice while the camera's own is unknown, in pixels. */
const defaultSize = { width: 1280, height: 720 };

/** What viewers see while no new frame comes: at first the last frame again, then what is wrong, in words. */
export class PlaceholderFrames {
  /** Notices as made, by size and words; few, since a camera has few sizes and one trouble at a time. */
  readonly #notices = new Map<string, Promise<Frame>>();

  /** Offers a stand-in to the viewers of a Broadcast. */
  offer(broadcast: Broadcast, name: string, state: CameraState, video: VideoFormat | null): void {
    if (broadcast.latest !== null) {
      broadcast.publishPlaceholder(broadcast.latest);
      return;
    }
    const text = wordsFor(state);
    const source = video ?? defaultSize;
    const { width } = broadcast.rendition;
    const size = width === 'source' || width >= source.width ? source : { width, height: heightFor(width, source) };
    const key = `${size.width}x${size.height} ${text}`;
    let notice = this.#notices.get(key);
    if (notice === undefined) {
      if (this.#notices.size > 20) this.#notices.clear();
      notice = renderNotice({ width: size.width, height: size.height }, name, text);
      this.#notices.set(key, notice);
      // A notice that cannot be made is none; the next second tries again.
      notice.catch(() => this.#notices.delete(key));
    }
    notice.then(
      (frame) => broadcast.publishPlaceholder(frame),
      () => undefined,
    );
  }

  /** Forgets the notices: the camera is live. */
  forget(): void {
    this.#notices.clear();
  }
}

function wordsFor(state: CameraState): string {
  switch (state.kind) {
    case 'reconnecting':
      return state.problem.message;
    case 'off':
      return 'This camera is switched off.';
    case 'opening':
      return state.photo === true ? 'Taking a photo …' : 'Starting …';
    case 'closed':
    case 'live':
      return 'Starting …';
    default:
      return state satisfies never;
  }
}

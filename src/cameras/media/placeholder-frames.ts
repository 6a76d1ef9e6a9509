import type { VideoFormat } from '../../domain/media.ts';
import { silence } from '../../text/silence.ts';
import type { CameraState } from '../../domain/camera.ts';
import type { Frame } from '../../domain/frame.ts';
import { heightFor } from '../../domain/rendition.ts';
import type { Broadcast } from '../../fanout/broadcast.ts';
import { renderNotice } from './notice.ts';

/** The size of a notice while the size of the camera's frames is unknown, in pixels. */
const defaultSize = { width: 1280, height: 720 };
/** A camera has few sizes and one problem at a time: more notices than this are old ones. */
const mostNotices = 20;

/** What viewers see while no frame arrives: the last frame again, or a notice with the reason. */
export class PlaceholderFrames {
  /** By size and text. */
  readonly #notices = new Map<string, Promise<Frame>>();

  /**
   * Offers a placeholder frame to the viewers of a Broadcast.
   *
   * @param name the name of the camera
   * @param video the source's video, if it is known
   */
  offer(broadcast: Broadcast, name: string, state: CameraState, video: VideoFormat | null): void {
    if (broadcast.latest !== null) {
      broadcast.publishPlaceholder(broadcast.latest);
      return;
    }
    const source = video ?? defaultSize;
    const { width } = broadcast.rendition;
    const size = width === 'source' || width >= source.width ? source : { width, height: heightFor(width, source) };
    void this.#notice(size, name, textFor(state)).then(
      (frame) => broadcast.publishPlaceholder(frame),
      () => undefined, // The next tick tries again.
    );
  }

  /** Forgets the notices: the camera is live. */
  clear(): void {
    this.#notices.clear();
  }

  #notice({ width, height }: { width: number; height: number }, name: string, text: string): Promise<Frame> {
    const key = `${width}x${height} ${text}`;
    const known = this.#notices.get(key);
    if (known !== undefined) return known;
    if (this.#notices.size >= mostNotices) this.#notices.clear();
    const notice = renderNotice({ width, height }, name, text);
    this.#notices.set(key, notice);
    notice.catch(() => this.#notices.delete(key));
    return notice;
  }
}

function textFor(state: CameraState): string {
  switch (state.kind) {
    case 'reconnecting':
      return state.problem.message;
    case 'off':
      return 'This camera is switched off.';
    case 'opening':
      if (state.waitingFor === 'keyframe') return silence.untilKeyframe;
      return state.photo === true ? 'Taking a photo …' : 'Starting …';
    case 'closed':
    case 'live':
      return 'Starting …';
    default:
      return state satisfies never;
  }
}

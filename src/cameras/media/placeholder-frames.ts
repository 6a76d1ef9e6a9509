import type { VideoFormat } from '../../domain/media/media.ts';
import { say } from '../../messages/sentence.ts';
import { silence } from '../../text/silence.ts';
import type { CameraState } from '../../domain/cameras/camera.ts';
import type { Frame } from '../../domain/media/frame.ts';
import { heightFor } from '../../domain/media/rendition.ts';
import type { Size } from '../../domain/media/size.ts';
import type { Broadcast } from '../../fanout/broadcast.ts';
import { renderNotice } from './notice.ts';

/** The size of a notice while the size of the camera's frames is unknown, in pixels. */
const defaultSize = { width: 1280, height: 720 };
/** The longest and the shortest side of a notice, in pixels: a camera may claim any size, and a notice is drawn. */
const longestSide = 1_920;
const shortestSide = 16;
/** A camera has few sizes and one problem at a time: more notices than this are old ones. */
const mostNotices = 20;

/** What viewers see while no frame arrives: the last frame again, or a notice with the reason. */
export class PlaceholderFrames {
  /** By size, name and text. */
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
    const wanted = width === 'source' || width >= source.width ? source : { width, height: heightFor(width, source) };
    void this.#notice(noticeSize(wanted), name, textFor(state)).then(
      (frame) => {
        // Frames may have come while it was drawn.
        if (broadcast.latest === null) broadcast.publishPlaceholder(frame);
      },
      () => undefined, // The next tick tries again.
    );
  }

  /** Forgets the notices: the camera is live. */
  clear(): void {
    this.#notices.clear();
  }

  #notice({ width, height }: Size, name: string, text: string): Promise<Frame> {
    const key = `${width}x${height} ${name}\n${text}`;
    const known = this.#notices.get(key);
    if (known !== undefined) return known;
    if (this.#notices.size >= mostNotices) this.#notices.clear();
    const notice = renderNotice({ width, height }, name, text);
    this.#notices.set(key, notice);
    notice.catch(() => this.#notices.delete(key));
    return notice;
  }
}

/** The size of a notice for frames of this size: smaller if that is beyond what a notice needs. */
function noticeSize({ width, height }: Size): Size {
  const scale = Math.min(1, longestSide / Math.max(width, height));
  const side = (length: number): number => Math.max(shortestSide, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}

/** In English: all viewers get the same frame. */
function textFor(state: CameraState): string {
  switch (state.kind) {
    case 'reconnecting':
      return state.problem.message;
    case 'off':
      return 'This camera is switched off.';
    case 'opening':
      if (state.waitingFor === 'keyframe') return say(silence.untilKeyframe, 'en');
      return state.photo === true ? 'Taking a photo …' : 'Starting …';
    case 'closed':
    case 'live':
      return 'Starting …';
    default:
      return state satisfies never;
  }
}

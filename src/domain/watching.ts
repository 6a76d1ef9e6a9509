/** What a Session does with one Camera: its own start and stop, and the size it chose. */
export interface Watching {
  /** True after Start, false after Stop; false at first. */
  readonly streaming: boolean;
  /** The chosen width in pixels, or `source` for the camera's own size. */
  readonly width: number | 'source';
}

/** The state before anybody chose anything. */
export const paused: Watching = { streaming: false, width: 'source' };

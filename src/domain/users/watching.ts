/** How a Session watches one Camera. */
export interface Watching {
  /** True after Start, false after Stop; false at first. */
  readonly streaming: boolean;
  /** The chosen width in pixels, or `source` for the camera's own size. */
  readonly width: number | 'source';
}

/** The prefix of anonymous visitors' session ids. Ids of sign-ins never have it. */
export const visitorPrefix = 'visitor:';

/** The initial state. */
export const paused: Watching = { streaming: false, width: 'source' };

/** A still that somebody captured: a file and a row. */
export interface Photo {
  /** Opaque; names the photo to clients. */
  readonly id: string;
  readonly cameraId: string;
  /** The camera's name when the photo was taken. */
  readonly cameraName: string;
  /** When it was captured, in milliseconds since the epoch. */
  readonly takenAt: number;
  /** The name of the user who took it; null if a program without one did. */
  readonly takenBy: string | null;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** The file's size. */
  readonly bytes: number;
  /** The name offered for a download: `2026-11-22_14-32-08_front_k3f9.jpg`. */
  readonly fileName: string;
}

/** One page of photos, newest first. */
export interface PhotoPage {
  readonly photos: readonly Photo[];
  /** Give it as `before` for the next page; null on the last. */
  readonly next: string | null;
}

/** The photos of one local day. */
export interface PhotoDay {
  /** `YYYY-MM-DD` in the server's time zone. */
  readonly day: string;
  readonly count: number;
  readonly bytes: number;
}

/** A still that somebody captured: a file and a row. */
export interface Photo {
  /** An opaque id. */
  readonly id: string;
  readonly cameraId: string;
  /** The camera's name when the photo was taken. */
  readonly cameraName: string;
  /** The capture time, in milliseconds since the epoch. */
  readonly takenAt: number;
  /** The name of the user who took it; null if it was taken without a user. */
  readonly takenBy: string | null;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** The size of the file, in bytes. */
  readonly bytes: number;
  /** The file name for downloads: `2026-11-22_14-32-08_front_k3f9.jpg`. */
  readonly fileName: string;
}

/** The widths of thumbnails in pixels: of small ones, for pages that save data, and of the others. */
export const thumbnailWidths = [240, 480] as const;
export type ThumbnailWidth = (typeof thumbnailWidths)[number];

/** The narrowest thumbnail that is as wide as `least`, or the widest. */
export function thumbnailWidth(least = Infinity): ThumbnailWidth {
  return thumbnailWidths.find((width) => width >= least) ?? 480;
}

/** The room for photos on the disk, in bytes. */
export interface DiskSpace {
  /** Free on the disk. */
  readonly free: number;
  /** What photos leave free. */
  readonly reserve: number;
}

/** One page of photos, newest first. */
export interface PhotoPage {
  readonly photos: readonly Photo[];
  /** The value of `before` for the page of older photos; null on the last page. */
  readonly next: string | null;
  /** The value of `after` for the page of newer photos; null on the first page. */
  readonly previous: string | null;
}

/** Times in milliseconds since the epoch: from `from` on, before `to`. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** Photos that somebody has selected, also those that no page has listed. */
export interface PhotoSelection {
  readonly ids: readonly string[];
  /** All photos that were taken in these times, */
  readonly spans: readonly TimeSpan[];
  /** of this camera only, */
  readonly camera?: string | undefined;
  /** without these. */
  readonly except: readonly string[];
}

/** How many photos were taken in a quarter of an hour, which is in one day in every time zone. */
export interface PhotoQuarter {
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly count: number;
  readonly bytes: number;
}

/** The photos of one local day. */
export interface PhotoDay {
  /** `YYYY-MM-DD` in the server's time zone, or in the viewer's where a zone is given. */
  readonly day: string;
  readonly count: number;
  readonly bytes: number;
}

/** The names of photo files: the local time, the camera and a short random id. The groups are the year and the month. */
export const photoFileName = /^(\d{4})-(\d{2})-\d{2}_\d{2}-\d{2}-\d{2}_[a-z0-9-]{1,40}_[a-z0-9]{6}\.jpg$/;

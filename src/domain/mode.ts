/** One pixel format, size and rate that a device offers. */
export interface Mode {
  /** FFmpeg's name of the pixel format (`yuyv422`, `nv12`, …) or of the codec (`mjpeg`, `h264`). */
  readonly format: string;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Frames per second; 0 where the driver does not tell. */
  readonly fps: number;
}

/** A local capture device as found on this machine. */
export interface Device {
  /**
   * The path to open, which stays the same when devices are found in another order: `/dev/v4l/by-id/…`, for one of two
   * alike `by-path/…`; where udev has made no links, its place on the bus (`/dev/v4l/by-bus/…`, no file).
   */
  readonly path: string;
  /** Where the driver's node is now: `/dev/videoN`. */
  readonly node: string;
  /** What the maker calls it. */
  readonly name: string;
  /** Where it is plugged in, as its driver says: `usb-0000:00:14.0-1`. Missing while it is switched off. */
  readonly bus?: string;
  /** What it offers; empty while another program has it, and for a camera that is switched off. */
  readonly modes: readonly Mode[];
}

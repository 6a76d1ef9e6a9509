/** One pixel format, size and rate that a device offers. */
export interface Mode {
  /** FFmpeg's name of the pixel format (`yuyv422`, `nv12`, …) or of the codec (`mjpeg`, `h264`). */
  readonly format: string;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Frames per second; 0 if the driver reports none. */
  readonly fps: number;
}

/** A capture device of this machine. */
export interface Device {
  /**
   * The path to open, which does not depend on the order in which devices are found: `/dev/v4l/by-id/…`, or `by-path/…`
   * if two devices have the same id. Without udev's symbolic links, it is the place on the bus: `/dev/v4l/by-bus/…`,
   * which is not a file.
   */
  readonly path: string;
  /** The current device node: `/dev/videoN`. */
  readonly node: string;
  /** The manufacturer's name. */
  readonly name: string;
  /** The bus address from its driver: `usb-0000:00:14.0-1`. Left out while its camera is switched off. */
  readonly bus?: string;
  /** The Modes that it offers; empty while another program uses it, and while its camera is switched off. */
  readonly modes: readonly Mode[];
}

/** One pixel format, size and rate that a device offers. */
export interface Mode {
  /** FFmpeg's name of the pixel format (`yuyv422`, `nv12`, …) or of the codec (`mjpeg`, `h264`). */
  readonly format: string;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Frames per second, the highest this size allows. */
  readonly fps: number;
}

/** A local capture device as found on this machine. */
export interface Device {
  /** The path to open: `/dev/v4l/by-id/…` where there is one, else `/dev/videoN`. */
  readonly path: string;
  /** Where the driver's node is now: `/dev/videoN`. */
  readonly node: string;
  /** What the maker calls it. */
  readonly name: string;
  /** What it offers; empty while another program has it. */
  readonly modes: readonly Mode[];
}

import { PortholeError } from '../../domain/errors.ts';
import { monotonicNow } from '../../domain/clock.ts';
import { explainDevice } from '../ffmpeg-errors.ts';
import type { Captured, OpenSource, OpenSourceFunction } from '../source.ts';
import { LibavInput } from './libav-input.ts';

/** A driver's time that is further than this from now is of another clock, in milliseconds. */
const plausible = 5_000;

/**
 * Opens a V4L2 device. Unless the source names a format, MJPEG is tried first, since it is passed through untouched and
 * is what a USB bus carries at full rate, then whatever the driver chooses.
 */
export const openV4l2: OpenSourceFunction = async ({ source }) => {
  if (source.kind !== 'v4l2') throw new TypeError(`not a device: ${source.kind}`);
  const options = {
    ...(source.width === undefined || source.height === undefined
      ? {}
      : { video_size: `${source.width}x${source.height}` }),
    ...(source.fps === undefined ? {} : { framerate: String(source.fps) }),
    protocol_whitelist: 'file',
  };
  const open = (format: string | undefined): Promise<LibavInput> =>
    LibavInput.open({
      url: source.path,
      format: 'v4l2',
      options: format === undefined ? options : { ...options, input_format: format },
      explain: explainDevice(source.path),
      probe: false,
    });
  if (source.format !== undefined) return new V4l2Source(await open(source.format));
  return new V4l2Source(
    await open('mjpeg').catch((error: unknown) => {
      if (error instanceof PortholeError && error.code === 'mode_unavailable') return open(undefined);
      throw error;
    }),
  );
};

class V4l2Source implements OpenSource {
  readonly #input: LibavInput;

  constructor(input: LibavInput) {
    this.#input = input;
  }

  get picture() {
    return this.#input.picture;
  }
  get codecParameters() {
    return this.#input.codecParameters;
  }
  get intraOnly() {
    return this.#input.intraOnly;
  }

  async read(): Promise<Captured> {
    const packet = await this.#input.read();
    if (packet === null) throw new PortholeError('camera_unplugged');
    // The driver stamps each buffer with CLOCK_MONOTONIC, in microseconds (linux/videodev2.h).
    const now = monotonicNow();
    const stamped = Number(packet.pts) / 1_000;
    return { kind: 'packet', packet, capturedAt: Math.abs(now - stamped) < plausible ? stamped : now };
  }

  close(): Promise<void> {
    return this.#input.close();
  }
}

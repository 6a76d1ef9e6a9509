import type { PictureFormat } from '../../channel/messages.ts';
import { monotonicNow } from '../../domain/clock.ts';
import type { Control, ControlRequest } from '../../domain/control.ts';
import { PortholeError } from '../../domain/errors.ts';
import { chooseMode, largestMode, modeWarning } from '../../domain/mode-choice.ts';
import type { Mode } from '../../domain/mode.ts';
import { explainDevice } from '../ffmpeg-errors.ts';
import type { Captured, OpenSource, OpenSourceFunction } from '../source.ts';
import type { V4l2Camera } from '../v4l2/camera.ts';
import { LibavInput } from './libav-input.ts';
import { Microphone } from './microphone.ts';

/** A driver's time that is further than this from now is of another clock, in milliseconds. */
const plausible = 5_000;

/**
 * Opens a V4L2 device in the Mode that its source asks for, or the one that is nearest of those it offers, with its
 * controls as they were saved.
 */
export const openV4l2: OpenSourceFunction = async ({ source, controls = {}, largest = false }) => {
  if (source.kind !== 'v4l2') throw new TypeError(`not a device: ${source.kind}`);
  // Loaded here alone: other sources do without the way to the ioctls.
  const { V4l2Camera } = await import('../v4l2/camera.ts');
  const camera = await V4l2Camera.open(source.path);
  try {
    // The server puts these lines into its log.
    for (const refusal of camera.restore(controls)) process.stderr.write(`saved control: ${refusal.message}\n`);
    const open = (mode: Mode | null): Promise<LibavInput> =>
      LibavInput.open({
        url: camera.node,
        format: 'v4l2',
        options: { ...(mode === null ? {} : optionsFor(mode)), protocol_whitelist: 'file' },
        explain: explainDevice(source.path),
        probe: false,
      });
    const best = largestMode(camera.modes);
    const mode = largest ? best : chooseMode(camera.modes, source);
    const input = await open(mode).catch((error: unknown) => {
      // A driver may offer what it does not do: then it chooses itself.
      if (mode !== null && error instanceof PortholeError && error.code === 'mode_unavailable') return open(null);
      throw error;
    });
    const { format, width, height, fps } = input.picture;
    const warning = largest ? undefined : modeWarning(source, { format, width, height, fps: fps ?? 0 });
    const microphone =
      source.microphone === undefined
        ? null
        : new Microphone(source.microphone, (text) => process.stderr.write(`${text}\n`));
    return new V4l2Source(input, camera, microphone, {
      ...(warning === undefined ? {} : { warning }),
      ...(best === null ? {} : { largest: { width: best.width, height: best.height } }),
    });
  } catch (error) {
    camera[Symbol.dispose]();
    throw error;
  }
};

function optionsFor({ format, width, height, fps }: Mode): Record<string, string> {
  const rate = fps === 0 ? {} : { framerate: String(fps) };
  return { input_format: format, video_size: `${width}x${height}`, ...rate };
}

class V4l2Source implements OpenSource {
  readonly #input: LibavInput;
  readonly #camera: V4l2Camera;
  readonly #microphone: Microphone | null;
  readonly #facts: Pick<PictureFormat, 'warning' | 'largest'>;

  constructor(
    input: LibavInput,
    camera: V4l2Camera,
    microphone: Microphone | null,
    facts: Pick<PictureFormat, 'warning' | 'largest'>,
  ) {
    this.#input = input;
    this.#camera = camera;
    this.#microphone = microphone;
    this.#facts = facts;
  }

  get picture(): PictureFormat {
    return { ...this.#input.picture, ...this.#facts };
  }
  get codecParameters() {
    return this.#input.codecParameters;
  }
  get sound() {
    return this.#microphone ?? undefined;
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

  controls(request: ControlRequest): readonly Control[] {
    return this.#camera.controls(request);
  }

  async close(): Promise<void> {
    this.#camera[Symbol.dispose]();
    await Promise.all([this.#input.close(), this.#microphone?.close()]);
  }
}

import type { VideoFormat } from '../../domain/media/media.ts';
import type { Control, ControlRequest } from '../../domain/cameras/control.ts';
import { PortholeError } from '../../domain/errors.ts';
import { chooseMode, largestMode, modeWarning } from '../../domain/cameras/mode-choice.ts';
import type { Mode } from '../../domain/cameras/mode.ts';
import { explainDevice } from '../device-errors.ts';
import type { Captured, DeviceInput, OpenSource, OpenSourceFunction } from '../source.ts';
import { V4l2Camera } from '../v4l2/camera.ts';
import { driverTime } from '../v4l2/driver-time.ts';
import { V4l2Reader } from '../v4l2/reader.ts';
import type { LibavInput } from './libav-input.ts';
import type { Microphone } from './microphone.ts';

/**
 * Opens a V4L2 device in the Mode that its source asks for, or in the nearest one that it offers, and restores its
 * saved controls.
 */
export const openV4l2: OpenSourceFunction<'v4l2'> = async ({ source, controls = {}, largest = false }) => {
  const camera = await V4l2Camera.open(source.path);
  try {
    // The server logs these lines.
    for (const refusal of camera.restore(controls)) process.stderr.write(`saved control: ${refusal.message}\n`);
    const best = largestMode(camera.modes);
    const mode = largest ? best : chooseMode(camera.modes, source);
    const open = (mode: Mode | null): Promise<DeviceInput> => openInput(camera.node, mode, explainDevice(source.path));
    const input = await open(mode).catch((error: unknown) => {
      // Drivers may list Modes that do not work. The device is then opened in its current Mode.
      if (mode !== null && error instanceof PortholeError && error.code === 'mode_unavailable') return open(null);
      throw error;
    });
    const { format, width, height, fps } = input.video;
    const warning = largest ? undefined : modeWarning(source, { format, width, height, fps: fps ?? 0 });
    const microphone = source.microphone === undefined ? null : await microphoneOf(source.microphone);
    return new V4l2Source(input, camera, microphone, {
      ...(warning === undefined ? {} : { warning }),
      ...(best === null ? {} : { largest: { width: best.width, height: best.height } }),
    });
  } catch (error) {
    camera[Symbol.dispose]();
    throw error;
  }
};

/**
 * Opens the device in a Mode, or in its current Mode if that is null. MJPEG is read straight from the driver,
 * everything else by FFmpeg, whose libraries are loaded only then.
 */
async function openInput(
  node: string,
  mode: Mode | null,
  explain: (code: number) => PortholeError,
): Promise<DeviceInput> {
  if (mode?.format === 'mjpeg') return V4l2Reader.open(node, mode, explain);
  const options = { ...(mode === null ? {} : optionsFor(mode)), protocol_whitelist: 'file' };
  const { LibavInput } = await import('./libav-input.ts');
  return ffmpegInput(await LibavInput.open({ url: node, format: 'v4l2', options, explain, probe: false }));
}

async function microphoneOf(name: string): Promise<Microphone> {
  const { Microphone } = await import('./microphone.ts');
  return new Microphone(name, (text) => process.stderr.write(`${text}\n`));
}

function optionsFor({ format, width, height, fps }: Mode): Record<string, string> {
  const rate = fps === 0 ? {} : { framerate: String(fps) };
  return { input_format: format, video_size: `${width}x${height}`, ...rate };
}

function ffmpegInput(input: LibavInput): DeviceInput {
  const { video, codecParameters, intraOnly } = input;
  const read = async (): Promise<Captured> => {
    const packet = await input.read();
    if (packet === null) throw new PortholeError('camera_unplugged');
    // The time stamp is the driver's, in microseconds.
    return { kind: 'packet', packet, capturedAt: driverTime(Number(packet.pts) / 1_000) };
  };
  return { video, codecParameters, intraOnly, read, close: () => input.close() };
}

class V4l2Source implements OpenSource {
  readonly #input: DeviceInput;
  readonly #camera: V4l2Camera;
  readonly #microphone: Microphone | null;
  readonly #facts: Pick<VideoFormat, 'warning' | 'largest'>;

  constructor(
    input: DeviceInput,
    camera: V4l2Camera,
    microphone: Microphone | null,
    facts: Pick<VideoFormat, 'warning' | 'largest'>,
  ) {
    this.#input = input;
    this.#camera = camera;
    this.#microphone = microphone;
    this.#facts = facts;
  }

  get video(): VideoFormat {
    return { ...this.#input.video, ...this.#facts };
  }
  get codecParameters() {
    return this.#input.codecParameters;
  }
  get audio() {
    return this.#microphone ?? undefined;
  }
  get intraOnly() {
    return this.#input.intraOnly;
  }

  get passthrough() {
    return this.#input.passthrough;
  }

  read(): Promise<Captured> {
    return this.#input.read();
  }

  controls(request: ControlRequest): readonly Control[] {
    return this.#camera.controls(request);
  }

  async close(): Promise<void> {
    this.#camera[Symbol.dispose]();
    await Promise.all([this.#input.close(), this.#microphone?.close()]);
  }
}

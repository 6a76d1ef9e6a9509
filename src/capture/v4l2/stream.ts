import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import type { Mode } from '../../domain/mode.ts';
import { V4l2Device } from './device.ts';
import { driverTime } from './driver-time.ts';
import { Struct, wordOf, type Ioctl, type StructName } from './structs.ts';
import { isReadable, Mapping } from './system-calls.ts';

const { EINVAL } = constants.errno;

const V4L2_BUF_TYPE_VIDEO_CAPTURE = 1;
const V4L2_MEMORY_MMAP = 1;
const V4L2_BUF_FLAG_ERROR = 0x0040;

/** The names of MJPEG, the usual one first: cameras have one or the other. */
const jpegFormats = ['MJPG', 'JPEG'].map((name) => Buffer.from(name).readUInt32LE());

/**
 * How many buffers the driver fills in turn: one here, one being filled, and two for a moment in which this process does
 * not run. More would only hold older pictures.
 */
const buffersWanted = 4;

const flags = wordOf('v4l2_buffer', 'flags');
const index = wordOf('v4l2_buffer', 'index');
const bytesused = wordOf('v4l2_buffer', 'bytesused');
const seconds = wordOf('v4l2_buffer', 'timestamp.tv_sec');
const microseconds = wordOf('v4l2_buffer', 'timestamp.tv_usec');

/** What a driver answered to a call, by the system's error number. */
export class DriverError extends Error {
  /** The system's error number: positive, as in errno(3). */
  readonly number: number;

  constructor(call: string, number: number) {
    super(`${call}: ${getSystemErrorName(-number)}`);
    this.number = number;
  }
}

/** One picture in the driver's memory. */
export interface DriverFrame {
  /** Good until the next picture is asked for; empty if the driver says that it is damaged. */
  readonly bytes: Buffer;
  /** Milliseconds of the monotonic clock. */
  readonly capturedAt: number;
}

/**
 * The pictures of a device that delivers JPEGs, straight from the driver's memory (V4L2's streaming I/O, memory mapping). It
 * waits in the system for each: only for a thread that has nothing else to do.
 */
export class V4l2Stream implements Disposable {
  readonly #device: V4l2Device;
  readonly #mappings: Mapping[] = [];
  readonly #buffer = new Struct('v4l2_buffer');
  #holds = false;
  /** Pixels, as the driver will deliver them. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Frames per second; null if the driver does not tell. */
  readonly fps: number | null;

  private constructor(device: V4l2Device, mode: Mode) {
    this.#device = device;
    const format = setFormat(device, mode);
    this.width = format.u32('fmt.pix.width');
    this.height = format.u32('fmt.pix.height');
    this.fps = setRate(device, mode.fps);
  }

  /**
   * Opens a device and lets it run, in a Mode of MJPEG or the nearest one that its driver has.
   *
   * @throws {DriverError} what the driver refused; EINVAL if it has no JPEGs
   * @throws {NodeJS.ErrnoException} as `open` does
   */
  static open(node: string, mode: Mode): V4l2Stream {
    const device = V4l2Device.open(node, { waits: true });
    let stream: V4l2Stream | null = null;
    try {
      stream = new V4l2Stream(device, mode);
      stream.#start();
      return stream;
    } catch (error) {
      if (stream === null) device[Symbol.dispose]();
      else stream[Symbol.dispose]();
      throw error;
    }
  }

  #start(): void {
    const request = new Struct('v4l2_requestbuffers').set({
      count: buffersWanted,
      type: V4L2_BUF_TYPE_VIDEO_CAPTURE,
      memory: V4L2_MEMORY_MMAP,
    });
    call(this.#device, 'VIDIOC_REQBUFS', request);
    for (let index = 0; index < request.u32('count'); index += 1) {
      this.#ask('VIDIOC_QUERYBUF', index);
      const [length, offset] = [this.#buffer.u32('length'), this.#buffer.u32('m.offset')];
      this.#mappings.push(new Mapping(this.#device.descriptor, length, offset));
      this.#ask('VIDIOC_QBUF', index);
    }
    call(this.#device, 'VIDIOC_STREAMON', new Struct('int').set({ value: V4L2_BUF_TYPE_VIDEO_CAPTURE }));
  }

  /** True if the next picture is already here. */
  get hasNext(): boolean {
    return isReadable(this.#device.descriptor);
  }

  /**
   * Gives the last picture's memory back to the driver and waits for the next one, however long that takes.
   *
   * @throws {DriverError} when there will be none: ENODEV when the camera was unplugged.
   */
  next(): DriverFrame {
    // What it says after one call is what the other one asks for.
    const buffer = this.#buffer;
    if (this.#holds) call(this.#device, 'VIDIOC_QBUF', buffer);
    this.#holds = false;
    call(this.#device, 'VIDIOC_DQBUF', buffer);
    this.#holds = true;
    const damaged = (buffer.word(flags) & V4L2_BUF_FLAG_ERROR) !== 0;
    const { bytes } = this.#mappings[buffer.word(index)] as Mapping;
    // The low half of the seconds is enough for a machine that has been up for less than 136 years.
    const stamped = buffer.word(seconds) * 1_000 + buffer.word(microseconds) / 1_000;
    return {
      bytes: bytes.subarray(0, damaged ? 0 : buffer.word(bytesused)),
      capturedAt: driverTime(stamped),
    };
  }

  /** Stops the device and closes it. */
  [Symbol.dispose](): void {
    this.#device.call('VIDIOC_STREAMOFF', new Struct('int').set({ value: V4L2_BUF_TYPE_VIDEO_CAPTURE }));
    for (const mapping of this.#mappings.splice(0)) mapping[Symbol.dispose]();
    this.#device[Symbol.dispose]();
  }

  #ask(ioctl: Ioctl, index: number): void {
    this.#buffer.set({ index, type: V4L2_BUF_TYPE_VIDEO_CAPTURE, memory: V4L2_MEMORY_MMAP });
    call(this.#device, ioctl, this.#buffer);
  }
}

function call<S extends StructName>(device: V4l2Device, ioctl: Ioctl, argument: Struct<S>): void {
  const number = device.call(ioctl, argument);
  if (number !== 0) throw new DriverError(ioctl, number);
}

/** Sets size and format. Drivers do not refuse what they do not have, but take what is nearest. */
function setFormat(device: V4l2Device, { width, height }: Mode): Struct<'v4l2_format'> {
  for (const pixelformat of jpegFormats) {
    const format = new Struct('v4l2_format').set({
      type: V4L2_BUF_TYPE_VIDEO_CAPTURE,
      'fmt.pix.width': width,
      'fmt.pix.height': height,
      'fmt.pix.pixelformat': pixelformat,
    });
    call(device, 'VIDIOC_S_FMT', format);
    if (format.u32('fmt.pix.pixelformat') === pixelformat) return format;
  }
  throw new DriverError('VIDIOC_S_FMT', EINVAL);
}

/** Sets the rate, where the driver knows of such, and tells what it is. */
function setRate(device: V4l2Device, fps: number): number | null {
  const parameters = new Struct('v4l2_streamparm').set({ type: V4L2_BUF_TYPE_VIDEO_CAPTURE });
  if (device.call('VIDIOC_G_PARM', parameters) !== 0) return null;
  if (fps > 0) {
    parameters.set({
      'parm.capture.timeperframe.numerator': 1_000,
      'parm.capture.timeperframe.denominator': Math.round(fps * 1_000),
    });
    // A driver that sets none goes on with its own.
    device.call('VIDIOC_S_PARM', parameters);
  }
  const numerator = parameters.u32('parm.capture.timeperframe.numerator');
  const denominator = parameters.u32('parm.capture.timeperframe.denominator');
  return numerator > 0 && denominator > 0 ? denominator / numerator : null;
}

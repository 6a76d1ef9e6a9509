import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import type { Mode } from '../../domain/cameras/mode.ts';
import type { Size } from '../../domain/media/size.ts';
import { V4l2Device } from './device.ts';
import { driverTime } from './driver-time.ts';
import { Struct, wordOf, type Ioctl, type StructName } from './structs.ts';
import { isReadable, Mapping } from './system-calls.ts';

const { EINVAL } = constants.errno;

const V4L2_BUF_TYPE_VIDEO_CAPTURE = 1;
const V4L2_MEMORY_MMAP = 1;
const V4L2_BUF_FLAG_ERROR = 0x0040;

/** The FourCCs of MJPEG, the usual one first. Cameras have one or the other. */
const jpegFormats = ['MJPG', 'JPEG'].map((name) => Buffer.from(name).readUInt32LE());

/**
 * How many buffers the driver fills in turn: one is read here, one is being filled, and two are spare in case this
 * process does not get to run for a moment. More buffers would only hold older frames.
 */
const buffersWanted = 4;

const flags = wordOf('v4l2_buffer', 'flags');
const index = wordOf('v4l2_buffer', 'index');
const bytesused = wordOf('v4l2_buffer', 'bytesused');
const seconds = wordOf('v4l2_buffer', 'timestamp.tv_sec');
const microseconds = wordOf('v4l2_buffer', 'timestamp.tv_usec');

/** An ioctl that the driver rejected. */
export class DriverError extends Error {
  /** The errno, positive as in errno(3). */
  readonly number: number;

  constructor(call: string, number: number) {
    super(`${call}: ${getSystemErrorName(-number)}`);
    this.number = number;
  }
}

/** One frame in the driver's memory. */
export interface DriverFrame {
  /** Valid until the next frame is requested; empty if the driver reports that the frame is damaged. */
  readonly bytes: Buffer;
  /** Milliseconds on the monotonic clock. */
  readonly capturedAt: number;
}

/**
 * Reads the frames of an MJPEG device straight from the driver's memory (V4L2 streaming I/O with memory mapping). It
 * blocks until a frame is available, so it needs its own thread.
 */
export class V4l2Stream implements Size, Disposable {
  readonly #device: V4l2Device;
  readonly #mappings: Mapping[] = [];
  readonly #buffer = new Struct('v4l2_buffer');
  #holds = false;
  /** The size that the driver has chosen, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Frames per second; null if the driver does not report a rate. */
  readonly fps: number | null;

  private constructor(device: V4l2Device, { width, height }: Size, fps: number | null) {
    this.#device = device;
    this.width = width;
    this.height = height;
    this.fps = fps;
  }

  /**
   * Opens a device and starts streaming in an MJPEG Mode, or in the nearest one that the driver supports.
   *
   * @throws {DriverError} if the driver rejects a call; EINVAL if it has no MJPEG.
   * @throws {NodeJS.ErrnoException} the error of open(2).
   */
  static open(node: string, mode: Mode): V4l2Stream {
    const device = V4l2Device.open(node, { waits: true });
    let stream: V4l2Stream | null = null;
    try {
      stream = new V4l2Stream(device, setFormat(device, mode), setRate(device, mode.fps));
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
      this.#callFor('VIDIOC_QUERYBUF', index);
      const [length, offset] = [this.#buffer.u32('length'), this.#buffer.u32('m.offset')];
      this.#mappings.push(new Mapping(this.#device.descriptor, length, offset));
      this.#callFor('VIDIOC_QBUF', index);
    }
    call(this.#device, 'VIDIOC_STREAMON', new Struct('int').set({ value: V4L2_BUF_TYPE_VIDEO_CAPTURE }));
  }

  /** True if the next frame is available without waiting. */
  get hasNext(): boolean {
    return isReadable(this.#device.descriptor);
  }

  /**
   * Returns the last frame's memory to the driver and waits for the next frame, without a timeout.
   *
   * @throws {DriverError} when the device fails; ENODEV when the camera was unplugged.
   */
  next(): DriverFrame {
    // VIDIOC_DQBUF fills in the fields that VIDIOC_QBUF needs.
    const buffer = this.#buffer;
    if (this.#holds) call(this.#device, 'VIDIOC_QBUF', buffer);
    this.#holds = false;
    call(this.#device, 'VIDIOC_DQBUF', buffer);
    this.#holds = true;
    const damaged = (buffer.word(flags) & V4L2_BUF_FLAG_ERROR) !== 0;
    const { bytes } = this.#mappings[buffer.word(index)] as Mapping;
    // The low 32 bits of the seconds are enough for an uptime of 136 years.
    const stamped = buffer.word(seconds) * 1_000 + buffer.word(microseconds) / 1_000;
    return {
      bytes: bytes.subarray(0, damaged ? 0 : buffer.word(bytesused)),
      capturedAt: driverTime(stamped),
    };
  }

  /** Stops streaming and closes the device. */
  [Symbol.dispose](): void {
    this.#device.call('VIDIOC_STREAMOFF', new Struct('int').set({ value: V4L2_BUF_TYPE_VIDEO_CAPTURE }));
    for (const mapping of this.#mappings.splice(0)) mapping[Symbol.dispose]();
    this.#device[Symbol.dispose]();
  }

  #callFor(ioctl: Ioctl, index: number): void {
    this.#buffer.set({ index, type: V4L2_BUF_TYPE_VIDEO_CAPTURE, memory: V4L2_MEMORY_MMAP });
    call(this.#device, ioctl, this.#buffer);
  }
}

function call<S extends StructName>(device: V4l2Device, ioctl: Ioctl, argument: Struct<S>): void {
  const number = device.call(ioctl, argument);
  if (number !== 0) throw new DriverError(ioctl, number);
}

/**
 * Sets the format and size. Drivers do not reject unsupported values, but choose the nearest. @returns the chosen size
 */
function setFormat(device: V4l2Device, { width, height }: Mode): Size {
  for (const pixelformat of jpegFormats) {
    const format = new Struct('v4l2_format').set({
      type: V4L2_BUF_TYPE_VIDEO_CAPTURE,
      'fmt.pix.width': width,
      'fmt.pix.height': height,
      'fmt.pix.pixelformat': pixelformat,
    });
    call(device, 'VIDIOC_S_FMT', format);
    if (format.u32('fmt.pix.pixelformat') === pixelformat) {
      return { width: format.u32('fmt.pix.width'), height: format.u32('fmt.pix.height') };
    }
  }
  throw new DriverError('VIDIOC_S_FMT', EINVAL);
}

/** Sets the frame rate, if the driver supports that. @returns the actual rate; null if the driver reports none */
function setRate(device: V4l2Device, fps: number): number | null {
  const parameters = new Struct('v4l2_streamparm').set({ type: V4L2_BUF_TYPE_VIDEO_CAPTURE });
  if (device.call('VIDIOC_G_PARM', parameters) !== 0) return null;
  if (fps > 0) {
    parameters.set({
      'parm.capture.timeperframe.numerator': 1_000,
      'parm.capture.timeperframe.denominator': Math.round(fps * 1_000),
    });
    // A driver that cannot set it keeps its own rate.
    device.call('VIDIOC_S_PARM', parameters);
  }
  const numerator = parameters.u32('parm.capture.timeperframe.numerator');
  const denominator = parameters.u32('parm.capture.timeperframe.denominator');
  return numerator > 0 && denominator > 0 ? denominator / numerator : null;
}

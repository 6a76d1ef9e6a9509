import { closeSync, constants, openSync } from 'node:fs';
import { constants as osConstants, endianness } from 'node:os';
import { address, errno } from 'koffi';
import { ioctlNumber, Struct, type Ioctl, type StructName } from './structs.ts';
import { ioctl } from './system-calls.ts';

/** The ioctls of an open device node. Each call returns 0, or the errno. */
export interface Driver {
  /** Performs an ioctl, which reads and writes `argument`. */
  call<S extends StructName>(ioctl: Ioctl, argument: Struct<S>): number;
  /** Performs VIDIOC_G_EXT_CTRLS or VIDIOC_S_EXT_CTRLS for one control. */
  control(ioctl: 'VIDIOC_G_EXT_CTRLS' | 'VIDIOC_S_EXT_CTRLS', control: Struct<'v4l2_ext_control'>): number;
}

const { EINTR, ENOSYS } = osConstants.errno;

/** The layouts in structs.ts are those of 64-bit little-endian machines. */
const knowsLayouts = endianness() === 'LE' && !['arm', 'ia32', 'mips', 'mipsel', 'ppc', 's390'].includes(process.arch);

/** An open V4L2 device node. */
export class V4l2Device implements Driver, Disposable {
  readonly #descriptor: number;
  #open = true;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /**
   * Opens a node. A device may be opened several times: opening it neither starts it nor blocks other programs.
   *
   * @param waits true if VIDIOC_DQBUF should block until a frame is available, instead of failing with EAGAIN
   * @throws {NodeJS.ErrnoException} the error of open(2).
   */
  static open(path: string, { waits = false } = {}): V4l2Device {
    return new V4l2Device(openSync(path, constants.O_RDWR | (waits ? 0 : constants.O_NONBLOCK)));
  }

  /** The file descriptor. */
  get descriptor(): number {
    return this.#descriptor;
  }

  call<S extends StructName>(name: Ioctl, argument: Struct<S>): number {
    return this.#ioctl(name, argument.bytes);
  }

  control(name: 'VIDIOC_G_EXT_CTRLS' | 'VIDIOC_S_EXT_CTRLS', control: Struct<'v4l2_ext_control'>): number {
    // `which` is 0: V4L2_CTRL_WHICH_CUR_VAL, the current value.
    const list = new Struct('v4l2_ext_controls').set({ count: 1 }).setI64('controls', address(control.bytes));
    return this.#ioctl(name, list.bytes);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#descriptor);
  }

  #ioctl(name: Ioctl, argument: Buffer): number {
    if (!this.#open || !knowsLayouts) return ENOSYS;
    for (;;) {
      if (ioctl(this.#descriptor, ioctlNumber(name), argument) === 0) return 0;
      const code = errno();
      if (code !== EINTR) return code;
    }
  }
}

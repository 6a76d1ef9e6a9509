import { closeSync, constants, openSync } from 'node:fs';
import { constants as osConstants, endianness } from 'node:os';
import { address, errno } from 'koffi';
import { ioctlNumber, Struct, type Ioctl, type StructName } from './structs.ts';
import { ioctl } from './system-calls.ts';

/** What the ioctls of an open device node go through. Each call returns 0, or the system's error number. */
export interface Driver {
  call<S extends StructName>(ioctl: Ioctl, argument: Struct<S>): number;
  /** VIDIOC_G_EXT_CTRLS or VIDIOC_S_EXT_CTRLS for one control. */
  control(ioctl: 'VIDIOC_G_EXT_CTRLS' | 'VIDIOC_S_EXT_CTRLS', control: Struct<'v4l2_ext_control'>): number;
}

const { EINTR, ENOSYS } = osConstants.errno;

/** The layouts of structs.ts hold for 64-bit little-endian machines. */
const knowsLayouts = endianness() === 'LE' && !['arm', 'ia32', 'mips', 'mipsel', 'ppc', 's390'].includes(process.arch);

/** An open V4L2 device node. */
export class V4l2Device implements Driver, Disposable {
  readonly #descriptor: number;
  #open = true;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /**
   * Opens a node. A device may be open several times; this neither starts it nor keeps others from it.
   *
   * @param waits true if a call shall wait for a picture instead of saying that there is none yet
   * @throws {NodeJS.ErrnoException} as `open` does.
   */
  static open(path: string, { waits = false } = {}): V4l2Device {
    return new V4l2Device(openSync(path, constants.O_RDWR | (waits ? 0 : constants.O_NONBLOCK)));
  }

  /** Its file descriptor. */
  get descriptor(): number {
    return this.#descriptor;
  }

  call<S extends StructName>(name: Ioctl, argument: Struct<S>): number {
    return this.#ioctl(name, argument.bytes);
  }

  control(name: 'VIDIOC_G_EXT_CTRLS' | 'VIDIOC_S_EXT_CTRLS', control: Struct<'v4l2_ext_control'>): number {
    // `which` 0 is V4L2_CTRL_WHICH_CUR_VAL: the present value.
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

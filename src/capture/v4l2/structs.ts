/**
 * The parts of linux/videodev2.h that are used here, for 64-bit machines: the sizes of structs, the offsets of their
 * fields, and the numbers of ioctls. structs.test.ts compares them with the kernel's header.
 */

/** Sizes and offsets in bytes. Fields have the names of their C expressions. */
export const structs = {
  v4l2_capability: { size: 104, fields: { driver: 0, card: 16, bus_info: 48, capabilities: 84, device_caps: 88 } },
  v4l2_fmtdesc: { size: 64, fields: { index: 0, type: 4, flags: 8, description: 12, pixelformat: 44 } },
  v4l2_frmsizeenum: {
    size: 44,
    fields: {
      index: 0,
      pixel_format: 4,
      type: 8,
      'discrete.width': 12,
      'discrete.height': 16,
      'stepwise.min_width': 12,
      'stepwise.max_width': 16,
      'stepwise.step_width': 20,
      'stepwise.min_height': 24,
      'stepwise.max_height': 28,
      'stepwise.step_height': 32,
    },
  },
  v4l2_frmivalenum: {
    size: 52,
    fields: {
      index: 0,
      pixel_format: 4,
      width: 8,
      height: 12,
      type: 16,
      'discrete.numerator': 20,
      'discrete.denominator': 24,
      'stepwise.min.numerator': 20,
      'stepwise.min.denominator': 24,
      'stepwise.max.numerator': 28,
      'stepwise.max.denominator': 32,
    },
  },
  v4l2_format: {
    size: 208,
    fields: { type: 0, 'fmt.pix.width': 8, 'fmt.pix.height': 12, 'fmt.pix.pixelformat': 16 },
  },
  v4l2_streamparm: {
    size: 204,
    fields: {
      type: 0,
      'parm.capture.capability': 4,
      'parm.capture.timeperframe.numerator': 12,
      'parm.capture.timeperframe.denominator': 16,
    },
  },
  v4l2_requestbuffers: { size: 20, fields: { count: 0, type: 4, memory: 8 } },
  v4l2_buffer: {
    size: 88,
    fields: {
      index: 0,
      type: 4,
      bytesused: 8,
      flags: 12,
      'timestamp.tv_sec': 24,
      'timestamp.tv_usec': 32,
      memory: 60,
      'm.offset': 64,
      length: 72,
    },
  },
  /** The argument of VIDIOC_STREAMON: not a struct, but a `v4l2_buf_type`. */
  int: { size: 4, fields: { value: 0 } },
  v4l2_query_ext_ctrl: {
    size: 232,
    fields: {
      id: 0,
      type: 4,
      name: 8,
      minimum: 40,
      maximum: 48,
      step: 56,
      default_value: 64,
      flags: 72,
      elem_size: 76,
      elems: 80,
      nr_of_dims: 84,
    },
  },
  v4l2_querymenu: { size: 44, fields: { id: 0, index: 4, name: 8, value: 8 } },
  v4l2_ext_control: { size: 20, fields: { id: 0, size: 4, value: 12, value64: 12 } },
  v4l2_ext_controls: {
    size: 32,
    fields: { which: 0, count: 4, error_idx: 8, request_fd: 12, controls: 24 },
  },
} as const satisfies Record<string, { readonly size: number; readonly fields: Readonly<Record<string, number>> }>;

/** The name of a struct in {@link structs}. */
export type StructName = keyof typeof structs;

const write = 1;
const read = 2;
const readWrite = 3;

/** The direction, number and argument of each ioctl (asm-generic/ioctl.h, as used on x86, Arm and RISC-V). */
const table = {
  VIDIOC_QUERYCAP: [read, 0, 'v4l2_capability'],
  VIDIOC_ENUM_FMT: [readWrite, 2, 'v4l2_fmtdesc'],
  VIDIOC_G_FMT: [readWrite, 4, 'v4l2_format'],
  VIDIOC_S_FMT: [readWrite, 5, 'v4l2_format'],
  VIDIOC_REQBUFS: [readWrite, 8, 'v4l2_requestbuffers'],
  VIDIOC_QUERYBUF: [readWrite, 9, 'v4l2_buffer'],
  VIDIOC_QBUF: [readWrite, 15, 'v4l2_buffer'],
  VIDIOC_DQBUF: [readWrite, 17, 'v4l2_buffer'],
  VIDIOC_STREAMON: [write, 18, 'int'],
  VIDIOC_STREAMOFF: [write, 19, 'int'],
  VIDIOC_S_PARM: [readWrite, 22, 'v4l2_streamparm'],
  VIDIOC_G_PARM: [readWrite, 21, 'v4l2_streamparm'],
  VIDIOC_QUERYMENU: [readWrite, 37, 'v4l2_querymenu'],
  VIDIOC_G_EXT_CTRLS: [readWrite, 71, 'v4l2_ext_controls'],
  VIDIOC_S_EXT_CTRLS: [readWrite, 72, 'v4l2_ext_controls'],
  VIDIOC_ENUM_FRAMESIZES: [readWrite, 74, 'v4l2_frmsizeenum'],
  VIDIOC_ENUM_FRAMEINTERVALS: [readWrite, 75, 'v4l2_frmivalenum'],
  VIDIOC_QUERY_EXT_CTRL: [readWrite, 103, 'v4l2_query_ext_ctrl'],
} as const satisfies Record<string, readonly [number, number, StructName]>;

/** The name of a supported ioctl. */
export type Ioctl = keyof typeof table;

/** The names of all supported ioctls. */
export const ioctls = Object.keys(table) as readonly Ioctl[];

const numbers = Object.fromEntries(
  ioctls.map((name) => {
    const [direction, number, struct] = table[name];
    return [name, ((direction << 30) | (structs[struct].size << 16) | (0x56 /* 'V' */ << 8) | number) >>> 0];
  }),
) as Readonly<Record<Ioctl, number>>;

/** The request number of an ioctl. */
export function ioctlNumber(name: Ioctl): number {
  return numbers[name];
}

/** The name of a field of a struct. */
export type FieldOf<S extends StructName> = keyof (typeof structs)[S]['fields'] & string;

/** The index of a 32-bit field in its struct, for {@link Struct.word}. */
export function wordOf<S extends StructName>(name: S, field: FieldOf<S>): number {
  return ((structs[name].fields as Readonly<Record<string, number>>)[field] as number) >>> 2;
}

/** One struct in memory, initially zero, whose fields are read and written by name. */
export class Struct<S extends StructName> {
  readonly name: S;
  readonly bytes: Buffer;
  /** The same memory in native byte order: little-endian, as on every machine that these layouts support. */
  readonly #words: Uint32Array;
  readonly #fields: Readonly<Record<string, number>>;

  constructor(name: S) {
    this.name = name;
    this.#words = new Uint32Array(structs[name].size / Uint32Array.BYTES_PER_ELEMENT);
    this.bytes = Buffer.from(this.#words.buffer);
    this.#fields = structs[name].fields;
  }

  /** Reads a 32-bit field by its index (see {@link wordOf}). Faster than by name, for fields read with every frame. */
  word(index: number): number {
    return this.#words[index] as number;
  }
  /** Reads an unsigned 32-bit field. */
  u32(field: FieldOf<S>): number {
    return this.#words[this.#at(field) >>> 2] as number;
  }
  /** Reads a signed 32-bit field. */
  i32(field: FieldOf<S>): number {
    return this.bytes.readInt32LE(this.#at(field));
  }
  /** Reads a signed 64-bit field. */
  i64(field: FieldOf<S>): bigint {
    return this.bytes.readBigInt64LE(this.#at(field));
  }
  /** Reads a UTF-8 string of at most `length` bytes, up to its NUL. */
  text(field: FieldOf<S>, length: number): string {
    const at = this.#at(field);
    const whole = this.bytes.subarray(at, at + length);
    const end = whole.indexOf(0);
    return whole
      .subarray(0, end === -1 ? length : end)
      .toString('utf8')
      .trim();
  }
  /** Sets 32-bit fields. */
  set(values: Partial<Record<FieldOf<S>, number>>): this {
    for (const [field, value] of Object.entries<number | undefined>(values)) {
      if (value !== undefined) this.#words[this.#at(field as FieldOf<S>) >>> 2] = value;
    }
    return this;
  }
  /** Sets a signed 64-bit field. */
  setI64(field: FieldOf<S>, value: bigint): this {
    this.bytes.writeBigInt64LE(value, this.#at(field));
    return this;
  }

  #at(field: FieldOf<S>): number {
    return this.#fields[field] as number;
  }
}

// A driver in memory for unit tests, which answers ioctls from tables as a kernel driver does.
import { constants } from 'node:os';
import type { Driver } from './device.ts';
import { structs, type Ioctl, type Struct, type StructName } from './structs.ts';

const { EINVAL, EACCES, ENOTTY } = constants.errno;

/** A size of the fake driver: discrete, or a range from `least` to `most`. */
export type FakeSize =
  | { readonly width: number; readonly height: number; readonly intervals: readonly (readonly [number, number])[] }
  | { readonly least: readonly [number, number]; readonly most: readonly [number, number]; readonly step: number };

/** A control of the fake driver. */
export interface FakeControl {
  readonly id: number;
  readonly type: number;
  readonly name: string;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly default?: number;
  readonly flags?: number;
  readonly menu?: Readonly<Record<number, string | number>>;
  /** Cannot be set while the control with this id is not 0. */
  readonly governedBy?: number;
  value?: number;
}

/** The device that the fake driver describes. */
export interface FakeDevice {
  readonly card?: string;
  readonly bus?: string;
  readonly capabilities?: number;
  readonly deviceCaps?: number;
  readonly formats?: readonly { readonly fourcc: string; readonly sizes: readonly FakeSize[] }[];
  readonly controls?: readonly FakeControl[];
}

/** Replaces an open device. */
export class FakeDriver implements Driver {
  readonly device: FakeDevice;
  /** The ids of the controls that were set, in order. */
  readonly written: number[] = [];

  constructor(device: FakeDevice) {
    this.device = device;
  }

  call<S extends StructName>(ioctl: Ioctl, argument: Struct<S>): number {
    const fields: Readonly<Record<string, number>> = structs[argument.name].fields;
    const get = (field: string): number => argument.bytes.readUInt32LE(fields[field]);
    const set = (field: string, value: number): unknown => argument.bytes.writeUInt32LE(value >>> 0, fields[field]);
    const text = (field: string, value: string): unknown => argument.bytes.write(`${value}\0`, fields[field] as number);
    const set64 = (field: string, value: number): unknown =>
      argument.bytes.writeBigInt64LE(BigInt(value), fields[field]);
    switch (ioctl) {
      case 'VIDIOC_QUERYCAP':
        text('driver', 'fake');
        text('card', this.device.card ?? 'Fake');
        text('bus_info', this.device.bus ?? 'fake:0');
        set('capabilities', this.device.capabilities ?? 0x8500_0001);
        set('device_caps', this.device.deviceCaps ?? 0x0400_0001);
        return 0;
      case 'VIDIOC_ENUM_FMT': {
        const format = this.device.formats?.[get('index')];
        if (format === undefined) return EINVAL;
        set('pixelformat', Buffer.from(format.fourcc).readUInt32LE());
        return 0;
      }
      case 'VIDIOC_ENUM_FRAMESIZES': {
        const size = this.#sizes(get('pixel_format'))[get('index')];
        if (size === undefined) return EINVAL;
        set('type', 'width' in size ? 1 : 3);
        if ('width' in size) {
          set('discrete.width', size.width);
          set('discrete.height', size.height);
          return 0;
        }
        for (const [index, side] of (['width', 'height'] as const).entries()) {
          set(`stepwise.min_${side}`, size.least[index] as number);
          set(`stepwise.max_${side}`, size.most[index] as number);
          set(`stepwise.step_${side}`, size.step);
        }
        return 0;
      }
      case 'VIDIOC_ENUM_FRAMEINTERVALS': {
        const size = this.#sizes(get('pixel_format')).find(
          (each) => 'width' in each && each.width === get('width') && each.height === get('height'),
        );
        if (size === undefined) {
          // Any rate from 1 to 60 frames per second: intervals from 1/60 s to 1 s.
          if (get('index') > 0 || this.#sizes(get('pixel_format')).length === 0) return EINVAL;
          set('type', 2);
          set('stepwise.min.numerator', 1);
          set('stepwise.min.denominator', 60);
          set('stepwise.max.numerator', 1);
          set('stepwise.max.denominator', 1);
          return 0;
        }
        const interval = 'width' in size ? size.intervals[get('index')] : undefined;
        if (interval === undefined) return EINVAL;
        set('type', 1);
        set('discrete.numerator', interval[0]);
        set('discrete.denominator', interval[1]);
        return 0;
      }
      case 'VIDIOC_QUERY_EXT_CTRL': {
        const after = get('id') & 0x7fff_ffff;
        const control = this.device.controls?.find(({ id }) => id > after);
        if (control === undefined) return EINVAL;
        set('id', control.id);
        set('type', control.type);
        text('name', control.name);
        set64('minimum', control.min ?? 0);
        set64('maximum', control.max ?? 1);
        set64('step', control.step ?? 1);
        set64('default_value', control.default ?? 0);
        set('flags', (control.flags ?? 0) | (this.#governed(control) ? 0x10 : 0));
        return 0;
      }
      case 'VIDIOC_QUERYMENU': {
        const item = this.device.controls?.find(({ id }) => id === get('id'))?.menu?.[get('index')];
        if (item === undefined) return EINVAL;
        if (typeof item === 'string') text('name', item);
        else set64('value', item);
        return 0;
      }
      default:
        return ENOTTY;
    }
  }

  control(ioctl: 'VIDIOC_G_EXT_CTRLS' | 'VIDIOC_S_EXT_CTRLS', argument: Struct<'v4l2_ext_control'>): number {
    const control = this.device.controls?.find(({ id }) => id === argument.u32('id'));
    if (control === undefined) return EINVAL;
    if (ioctl === 'VIDIOC_G_EXT_CTRLS') {
      argument.set({ value: control.value ?? control.default ?? 0 });
      return 0;
    }
    if (this.#governed(control)) return EACCES;
    control.value = argument.i32('value');
    this.written.push(control.id);
    return 0;
  }

  #governed({ governedBy }: FakeControl): boolean {
    const governor = this.device.controls?.find(({ id }) => id === governedBy);
    return governor !== undefined && (governor.value ?? governor.default ?? 0) !== 0;
  }

  #sizes(fourcc: number): readonly FakeSize[] {
    return this.device.formats?.find((each) => Buffer.from(each.fourcc).readUInt32LE() === fourcc)?.sizes ?? [];
  }
}

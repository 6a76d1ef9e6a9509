import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import {
  controlNumber,
  controlOf,
  settingOrder,
  type Control,
  type ControlRequest,
  type ControlValues,
} from '../../domain/cameras/control.ts';
import { controlName } from '../../domain/cameras/control-name.ts';
import { asPortholeError, PortholeError } from '../../domain/errors.ts';
import type { Driver } from './device.ts';
import { Struct } from './structs.ts';
import { sentence } from '../../messages/sentence.ts';

const { errno } = constants;

/** V4L2_CTRL_FLAG_NEXT_CTRL: requests the next control after this id, skipping compound controls. */
const NEXT_CTRL = 0x8000_0000;
/** No driver has more controls; one that keeps answering is broken. */
const mostControls = 512;

/** The supported types of `enum v4l2_ctrl_type`. */
const types = {
  1: 'integer',
  2: 'boolean',
  3: 'menu',
  4: 'button',
  5: 'integer64',
  6: 'class',
  9: 'intmenu',
} as const satisfies Record<number, string>;
type DriverType = (typeof types)[keyof typeof types];

const flags = { disabled: 0x1, grabbed: 0x2, readonly: 0x4, inactive: 0x10, writeOnly: 0x40 } as const;

/** The units of some controls, by id. linux/v4l2-controls.h defines them for all drivers. */
const units: Readonly<Record<number, string>> = {
  0x0098091a: 'K', // V4L2_CID_WHITE_BALANCE_TEMPERATURE
  0x009a0902: '100 µs', // V4L2_CID_EXPOSURE_ABSOLUTE
  0x009a0908: '″', // V4L2_CID_PAN_ABSOLUTE
  0x009a0909: '″', // V4L2_CID_TILT_ABSOLUTE
};

/** A control, and the driver's own id and type of it. */
interface DriverControl {
  readonly number: number;
  readonly type: DriverType;
  readonly control: Control;
}

/** Reads and sets the controls of an open device. */
export class DeviceControls {
  readonly #driver: Driver;

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  /**
   * Performs a request.
   *
   * @returns all controls after it
   * @throws {PortholeError} `invalid_input` with the control's id as the field; then no value has changed.
   */
  perform(request: ControlRequest): readonly Control[] {
    switch (request.kind) {
      case 'read':
        break;
      case 'set':
        this.#set(request.values);
        break;
      case 'reset':
        this.#reset();
        break;
      default:
        request satisfies never;
    }
    return this.#list().map(({ control }) => control);
  }

  /**
   * Sets the saved values that the device accepts.
   *
   * @returns the errors of those that could not be set
   */
  restore(values: ControlValues): readonly PortholeError[] {
    const refusals: PortholeError[] = [];
    const present = this.#list();
    const wanted = present.filter(({ control }) => values[control.id] !== undefined && control.type !== 'button');
    for (const { control } of inSettingOrder(wanted)) {
      try {
        const number = controlNumber(control, values[control.id] ?? 0);
        // Looked up again, because a switch that was just set may have changed the controls that it governs.
        if (number !== numberOf(control)) this.#write(this.#find(control.id), number);
      } catch (error) {
        refusals.push(asPortholeError(error));
      }
    }
    return refusals;
  }

  #set(values: ControlValues): void {
    const present = this.#list();
    const controls = present.map(({ control }) => control);
    const wanted = Object.entries(values).map(([id, value]) => {
      const control = controlOf(controls, id);
      return { control, number: controlNumber(control, value) };
    });
    const done: DriverControl[] = [];
    for (const control of settingOrder(wanted.map((each) => each.control))) {
      const entry = present.find((each) => each.control === control) as DriverControl;
      try {
        this.#write(entry, wanted.find((each) => each.control === control)?.number ?? 0);
        done.push(entry);
      } catch (error) {
        for (const earlier of done.reverse()) this.#try(earlier, numberOf(earlier.control));
        throw error;
      }
    }
  }

  /**
   * Sets numbers before the switches that govern them, which may be off now; then again, for switches off by default.
   */
  #reset(): void {
    const order = inSettingOrder(this.#list());
    for (const round of [order.toReversed(), order]) {
      for (const { control } of round) {
        if (control.readonly || control.type === 'button') continue;
        const entry = this.#find(control.id);
        const wanted = Number(control.default);
        if (numberOf(entry.control) !== wanted) this.#try(entry, wanted);
      }
    }
  }

  #find(id: string): DriverControl {
    const found = this.#list().find(({ control }) => control.id === id);
    if (found === undefined) throw new PortholeError('camera_failed', { detail: `control ${id} no longer exists` });
    return found;
  }

  #try(entry: DriverControl, number: number): void {
    try {
      this.#write(entry, number);
    } catch {
      // Most often an automatic setting governs the control, which then has no effect anyway.
    }
  }

  #write({ number: id, type, control }: DriverControl, value: number): void {
    const argument = new Struct('v4l2_ext_control').set({ id });
    if (type === 'integer64') argument.setI64('value64', BigInt(value));
    else argument.set({ value });
    const code = this.#driver.control('VIDIOC_S_EXT_CTRLS', argument);
    if (code === 0) return;
    const detail = `${control.id}: ${getSystemErrorName(-code)}`;
    if (code === errno.ENODEV) throw new PortholeError('camera_unplugged', { detail });
    throw new PortholeError('invalid_input', {
      field: control.id,
      detail,
      message: sentence('controls_not_now', { name: controlName(control) }),
    });
  }

  #list(): readonly DriverControl[] {
    const found: DriverControl[] = [];
    const ids = new Set<string>();
    let group = '';
    let id = 0;
    for (let count = 0; count < mostControls; count += 1) {
      const query = new Struct('v4l2_query_ext_ctrl').set({ id: id | NEXT_CTRL });
      if (this.#driver.call('VIDIOC_QUERY_EXT_CTRL', query) !== 0 || query.u32('id') === id) break;
      id = query.u32('id');
      const type = (types as Readonly<Record<number, DriverType>>)[query.u32('type')];
      if (type === 'class') group = query.text('name', 32);
      if (type === undefined || type === 'class' || (query.u32('flags') & flags.disabled) !== 0) continue;
      const control = this.#describe(query, type, group, ids);
      if (control !== null) found.push({ number: id, type, control });
    }
    return found;
  }

  #describe(
    query: Struct<'v4l2_query_ext_ctrl'>,
    type: Exclude<DriverType, 'class'>,
    group: string,
    ids: Set<string>,
  ): Control | null {
    const number = query.u32('id');
    const name = query.text('name', 32);
    const has = (flag: number): boolean => (query.u32('flags') & flag) !== 0;
    const base = {
      id: uniqueId(name, number, ids),
      name,
      group,
      inactive: has(flags.inactive) || has(flags.grabbed),
      readonly: has(flags.readonly),
    };
    if (type === 'button') return { ...base, type };
    const [min, max, byDefault] = [query.i64('minimum'), query.i64('maximum'), query.i64('default_value')].map(
      Number,
    ) as [number, number, number];
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max)) return null;
    const value = has(flags.writeOnly) ? byDefault : this.#read(number, type, byDefault);
    switch (type) {
      case 'boolean':
        return { ...base, type, default: byDefault !== 0, value: value !== 0 };
      case 'menu': {
        const options = this.#options(number, min, max, (item) => item.text('name', 32));
        return { ...base, type, options, default: byDefault, value };
      }
      case 'intmenu': {
        const options = this.#options(number, min, max, (item) => Number(item.i64('value')));
        return { ...base, type, options, default: byDefault, value };
      }
      case 'integer':
      case 'integer64': {
        const step = Math.max(1, Number(query.i64('step')));
        const unit = units[number];
        const range = { min, max, step, default: byDefault, value };
        return { ...base, type: 'integer', ...range, ...(unit === undefined ? {} : { unit }) };
      }
      default:
        return type satisfies never;
    }
  }

  #read(id: number, type: DriverType, otherwise: number): number {
    const argument = new Struct('v4l2_ext_control').set({ id });
    if (this.#driver.control('VIDIOC_G_EXT_CTRLS', argument) !== 0) return otherwise;
    if (type === 'integer64') return Number(argument.i64('value64'));
    return argument.i32('value');
  }

  /** Lists a menu's options. Menus may skip numbers. */
  #options<T>(
    id: number,
    min: number,
    max: number,
    label: (item: Struct<'v4l2_querymenu'>) => T,
  ): readonly { readonly value: number; readonly label: T }[] {
    const options: { value: number; label: T }[] = [];
    for (let value = min; value <= Math.min(max, min + mostControls); value += 1) {
      const item = new Struct('v4l2_querymenu').set({ id, index: value });
      if (this.#driver.call('VIDIOC_QUERYMENU', item) === 0) options.push({ value, label: label(item) });
    }
    return options;
  }
}

function inSettingOrder(entries: readonly DriverControl[]): readonly DriverControl[] {
  const order = settingOrder(entries.map(({ control }) => control));
  return [...entries].sort((a, b) => order.indexOf(a.control) - order.indexOf(b.control));
}

/** The driver's number for the current value of a control. */
function numberOf(control: Control): number {
  return control.type === 'button' ? 0 : Number(control.value);
}

/** Turns `White Balance, Automatic` into `white_balance_automatic`, as v4l2-ctl does. */
function uniqueId(name: string, number: number, taken: Set<string>): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const id = plain === '' || taken.has(plain) ? `${plain}_${number.toString(16)}`.replace(/^_/, '') : plain;
  taken.add(id);
  return id;
}

import { PortholeError } from './errors.ts';

/** What every control of a camera has. */
interface ControlBase {
  /** Made from the driver's name: `brightness`, `auto_exposure`. */
  readonly id: string;
  /** What the driver calls it. */
  readonly name: string;
  /** What the driver files it under, such as `User Controls` or `Camera Controls`; empty if nothing. */
  readonly group: string;
  /** True while it has no effect or is taken: an automatic setting has it, or the camera is streaming. */
  readonly inactive: boolean;
  readonly readonly: boolean;
}

/** One property of a camera that can be read, and set unless it is read-only: whatever the driver offers, typed. */
export type Control =
  | (ControlBase & {
      readonly type: 'integer';
      readonly min: number;
      readonly max: number;
      readonly step: number;
      readonly default: number;
      readonly value: number;
      /** What it counts, where that is known: `K`, `100 µs`. */
      readonly unit?: string;
    })
  | (ControlBase & { readonly type: 'boolean'; readonly default: boolean; readonly value: boolean })
  | (ControlBase & {
      readonly type: 'menu';
      readonly options: readonly { readonly value: number; readonly label: string }[];
      readonly default: number;
      readonly value: number;
    })
  | (ControlBase & {
      readonly type: 'intmenu';
      readonly options: readonly { readonly value: number; readonly label: number }[];
      readonly default: number;
      readonly value: number;
    })
  /** Does something when it is pressed: any value presses it. */
  | (ControlBase & { readonly type: 'button' });

/** What a control may be set to, as written: menus take the option's value, buttons anything. */
export type ControlValue = number | boolean;

/** Values by control id. */
export type ControlValues = Readonly<Record<string, ControlValue>>;

/** What is asked about a device's controls. */
export type ControlRequest =
  | { readonly kind: 'read' }
  | { readonly kind: 'set'; readonly values: ControlValues }
  /** Sets everything that has a default to it. */
  | { readonly kind: 'reset' };

/**
 * Checks a value for a control.
 *
 * @returns the number that the driver takes
 * @throws {PortholeError} `invalid_input` with the control's id as the field, naming what it takes.
 */
export function controlNumber(control: Control, value: ControlValue): number {
  const refuse = (what: string): PortholeError =>
    new PortholeError('invalid_input', {
      field: control.id,
      message: `${control.name} ${what}, not ${String(value)}.`,
    });
  if (control.readonly) {
    throw new PortholeError('invalid_input', {
      field: control.id,
      message: `${control.name} can be read but not changed.`,
    });
  }
  switch (control.type) {
    case 'integer': {
      const { min, max, step } = control;
      const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
      if (fits && (value - min) % step === 0) return value;
      throw refuse(`takes whole numbers from ${min} to ${max}${step === 1 ? '' : ` in steps of ${step}`}`);
    }
    case 'boolean':
      if (value === true || value === 1) return 1;
      if (value === false || value === 0) return 0;
      throw refuse('takes true or false');
    case 'menu':
    case 'intmenu': {
      if (control.options.some((option) => option.value === value)) return Number(value);
      const options = control.options.map((option) => `${option.value} (${option.label})`).join(', ');
      throw refuse(`takes one of ${options}`);
    }
    case 'button':
      return 1;
    default:
      return control satisfies never;
  }
}

/**
 * A value as a form writes it.
 *
 * @throws {PortholeError} `invalid_input` for what is neither a number nor a switch.
 */
export function parseControlValue(id: string, text: string): ControlValue {
  if (text === 'true' || text === 'on') return true;
  if (text === 'false' || text === 'off') return false;
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new PortholeError('invalid_input', { field: id, message: `${id} takes a number, true or false.` });
}

/** The control with this id. @throws {PortholeError} `invalid_input` when the camera has none. */
export function controlOf(controls: readonly Control[], id: string): Control {
  const found = controls.find((each) => each.id === id);
  if (found !== undefined) return found;
  throw new PortholeError('invalid_input', {
    field: id,
    message: `This camera has no control “${id.slice(0, 60)}”.`,
  });
}

/**
 * The order in which several controls are set: switches and menus before numbers, since an automatic setting has to be
 * off before the number that it governs can be set.
 */
export function settingOrder(controls: readonly Control[]): readonly Control[] {
  const rank = { boolean: 0, menu: 0, intmenu: 1, integer: 1, button: 2 } as const;
  return [...controls].sort((a, b) => rank[a.type] - rank[b.type]);
}

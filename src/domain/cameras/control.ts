import { controlName } from './control-name.ts';
import { PortholeError } from '../errors.ts';
import { type Sentence, sentence } from '../../messages/sentence.ts';

/** The properties that every control has. */
interface ControlBase {
  /** Derived from the driver's name: `brightness`, `auto_exposure`. */
  readonly id: string;
  /** The driver's name. */
  readonly name: string;
  /** The driver's group, such as `User Controls` or `Camera Controls`; empty if it has none. */
  readonly group: string;
  /** True while it cannot be set, because an automatic setting controls it or the camera is streaming. */
  readonly inactive: boolean;
  readonly readonly: boolean;
}

/** A control of a camera as its driver offers it. It can be read, and set unless it is read-only. */
export type Control =
  | (ControlBase & {
      readonly type: 'integer';
      readonly min: number;
      readonly max: number;
      readonly step: number;
      readonly default: number;
      readonly value: number;
      /** The unit of its values, if it is known: `K`, `100 µs`. */
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
  /** Triggers an action when it is set to any value. */
  | (ControlBase & { readonly type: 'button' });

/** A value of a control. Menus take the value of an option, buttons take any value. */
export type ControlValue = number | boolean;

/** Values by control id. */
export type ControlValues = Readonly<Record<string, ControlValue>>;

/** A request for the controls of a device. */
export type ControlRequest =
  | { readonly kind: 'read' }
  | { readonly kind: 'set'; readonly values: ControlValues }
  /** Sets every control to its default. */
  | { readonly kind: 'reset' };

/**
 * Checks a value for a control.
 *
 * @returns the number for the driver
 * @throws {PortholeError} `invalid_input` with the control's id as the field; the message lists the valid values.
 */
export function controlNumber(control: Control, value: ControlValue): number {
  const refuse = (message: Sentence): PortholeError =>
    new PortholeError('invalid_input', { field: control.id, message });
  const name = controlName(control);
  const given = String(value);
  if (control.readonly) {
    throw new PortholeError('invalid_input', {
      field: control.id,
      message: sentence('controls_refused_readonly', { name }),
    });
  }
  switch (control.type) {
    case 'integer': {
      const { min, max, step } = control;
      const fits = typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
      if (fits && (value - min) % step === 0) return value;
      throw refuse(
        step === 1
          ? sentence('controls_refused_range', { name, min, max, value: given })
          : sentence('controls_refused_steps', { name, min, max, step, value: given }),
      );
    }
    case 'boolean':
      if (value === true || value === 1) return 1;
      if (value === false || value === 0) return 0;
      throw refuse(sentence('controls_refused_boolean', { name, value: given }));
    case 'menu':
    case 'intmenu': {
      if (control.options.some((option) => option.value === value)) return Number(value);
      const options = control.options.map((option) => `${option.value} (${option.label})`).join(', ');
      throw refuse(sentence('controls_refused_menu', { name, options, value: given }));
    }
    case 'button':
      return 1;
    default:
      return control satisfies never;
  }
}

/**
 * Parses a value from a form field.
 *
 * @throws {PortholeError} `invalid_input` if it is neither a number nor a boolean.
 */
export function parseControlValue(id: string, text: string): ControlValue {
  if (text === 'true' || text === 'on') return true;
  if (text === 'false' || text === 'off') return false;
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new PortholeError('invalid_input', { field: id, message: sentence('controls_refused_value', { name: id }) });
}

/** Finds the control with this id. @throws {PortholeError} `invalid_input` if the camera does not have it. */
export function controlOf(controls: readonly Control[], id: string): Control {
  const found = controls.find((each) => each.id === id);
  if (found !== undefined) return found;
  throw new PortholeError('invalid_input', {
    field: id,
    message: sentence('controls_unknown', { name: id.slice(0, 60) }),
  });
}

/**
 * Returns controls in the order in which they must be set: switches and menus before numbers, because an automatic
 * setting must be off before the number that it controls can be set.
 */
export function settingOrder(controls: readonly Control[]): readonly Control[] {
  const rank = { boolean: 0, menu: 0, intmenu: 1, integer: 1, button: 2 } as const;
  return [...controls].sort((a, b) => rank[a.type] - rank[b.type]);
}

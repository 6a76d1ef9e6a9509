import { m, type MessageKey } from '#messages';
import { type Sentence, sentence } from '../../messages/sentence.ts';

/**
 * Names that drivers and older kernels give to standard controls, as ids, with the ids that follow from the names of the
 * kernel's `v4l2_ctrl_get_name()`.
 */
const otherIds: Readonly<Record<string, string>> = {
  auto_exposure_mode: 'auto_exposure',
  auto_gain: 'gain_automatic',
  auto_white_balance: 'white_balance_automatic',
  autogain: 'gain_automatic',
  brightness_auto: 'brightness_automatic',
  exposure_absolute: 'exposure_time_absolute',
  exposure_auto: 'auto_exposure',
  exposure_auto_priority: 'exposure_dynamic_framerate',
  exposure_time: 'exposure_time_absolute',
  focus_auto: 'focus_automatic_continuous',
  gain_auto: 'gain_automatic',
  hue_auto: 'hue_automatic',
  light_frequency_filter: 'power_line_frequency',
  white_balance_blue_component: 'blue_balance',
  white_balance_component_auto: 'white_balance_automatic',
  white_balance_red_component: 'red_balance',
  white_balance_temperature_auto: 'white_balance_automatic',
};

/** The name of a control for people. Only the driver knows names of controls that linux/v4l2-controls.h doesn't define. */
export function controlName({ id, name }: { readonly id: string; readonly name: string }): Sentence | string {
  return standard(`driver_control_${standardId(id)}`) ?? name;
}

/** How to turn off an automatic setting; null if its driver alone knows what it is. */
export function turnOff({ id }: { readonly id: string }): Sentence | null {
  return standard(`driver_off_${standardId(id)}`);
}

/** The name of a menu's option for people. */
export function optionName({ id }: { readonly id: string }, label: string | number): Sentence | string {
  const isStandard = standard(`driver_control_${standardId(id)}`) !== null;
  const key = String(label)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_');
  return (isStandard ? standard(`driver_option_${key}`) : null) ?? String(label);
}

function standardId(id: string): string {
  return otherIds[id] ?? id;
}

function standard(key: string): Sentence | null {
  return Object.hasOwn(m, key) ? sentence(key as MessageKey) : null;
}

import { m } from '#messages';
import type { Control } from '../domain/cameras/control.ts';
import { numberWord, withUnit } from './numbers.ts';

/** Group in which people look for a control. */
export type ControlGroupName = 'picture' | 'exposure' | 'white-balance' | 'focus' | 'movement' | 'other';

/** The controls of one group, in the driver's order. */
export interface ControlGroup {
  readonly name: ControlGroupName;
  readonly controls: readonly Control[];
}

/**
 * Name patterns of each group; the first match wins. The groups that drivers report are inconsistent, so names decide.
 */
const themes: readonly (readonly [ControlGroupName, RegExp])[] = [
  ['white-balance', /white_?balance|(red|blue|green)_balance|colou?r_temperature|^do_white/],
  ['focus', /focus/],
  ['movement', /zoom|(^|_)pan(_|$)|tilt/],
  [
    'exposure',
    /expos|(^|_)iso(_|$)|iris|aperture|shutter|backlight|power_line|metering|scene_mode|dynamic_range|(?<!chroma_)gain/,
  ],
  [
    'picture',
    /bright|contrast|satur|(^|_)hue|sharp|gamma|colou?r|chroma|(^|_)flip|mirror|rotat|denoise|noise|black_level|alpha/,
  ],
];

const order: readonly ControlGroupName[] = ['picture', 'exposure', 'white-balance', 'focus', 'movement', 'other'];

/** The heading of a group. */
export function controlGroupWord(name: ControlGroupName): string {
  const words = {
    picture: m.controls_group_picture,
    exposure: m.controls_group_exposure,
    'white-balance': m.controls_group_white_balance,
    focus: m.controls_group_focus,
    movement: m.controls_group_movement,
    other: m.controls_group_other,
  };
  return words[name]();
}

/** The group of a control. */
export function controlGroupOf(control: Pick<Control, 'id'>): ControlGroupName {
  return themes.find(([, names]) => names.test(control.id))?.[0] ?? 'other';
}

/** Controls by group, without empty groups. */
export function controlGroups(controls: readonly Control[]): readonly ControlGroup[] {
  return order
    .map((name) => ({ name, controls: controls.filter((control) => controlGroupOf(control) === name) }))
    .filter((group) => group.controls.length > 0);
}

/**
 * Why a control cannot be set now and what to do about it; null if it can be set.
 *
 * @param advice what to do about the automatic setting that controls it. Scripts take it from the page, which has the names
 *   of controls.
 */
export function whyInactive(
  control: Control,
  controls: readonly Control[],
  advice: (governor: Control) => string | undefined,
): string | null {
  if (control.readonly) return m.controls_readonly();
  if (!control.inactive) return null;
  const governor = governorOf(control, controls);
  return (governor === undefined ? undefined : advice(governor)) ?? m.controls_governed();
}

/** True for settings that may control others. */
export function isAutomatic(control: Control): boolean {
  return /auto|continuous|_agc/.test(control.id) && (control.type === 'boolean' || control.type === 'menu');
}

/** V4L2 does not tell which control governs another. It is the active automatic setting of the same group. */
function governorOf(control: Control, controls: readonly Control[]): Control | undefined {
  const theme = controlGroupOf(control);
  const automatic = controls.filter(
    (other) =>
      other.id !== control.id &&
      !other.inactive &&
      isAutomatic(other) &&
      controlGroupOf(other) === theme &&
      (other.type !== 'boolean' || other.value),
  );
  const words = new Set(control.id.split('_'));
  const shared = (other: Control): number => other.id.split('_').filter((word) => words.has(word)).length;
  return automatic.sort((a, b) => shared(b) - shared(a))[0];
}

/** A value for display: exposure in milliseconds, angles in degrees, values without a unit as plain numbers. */
export function controlValueWord(value: number, unit: string | undefined): string {
  switch (unit) {
    case undefined:
      return String(value);
    case '100 µs':
      return value < 10_000 ? withUnit(rounded(value / 10), 'ms') : withUnit(rounded(value / 10_000), 's');
    case '″':
      return `${rounded(value / 3600)}°`;
    default:
      return withUnit(value, unit);
  }
}

function rounded(value: number): string {
  return numberWord(value, { most: 1 });
}

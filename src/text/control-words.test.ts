import { describe, expect, it } from 'vitest';
import type { Control } from '../domain/cameras/control.ts';
import { controlGroupOf, controlGroups, controlValueWord, whyInactive } from './control-words.ts';

const base = { group: '', inactive: false, readonly: false };
const number = (id: string, more: Partial<Control> = {}): Control =>
  ({ ...base, id, name: id, type: 'integer', min: 0, max: 9, step: 1, default: 0, value: 0, ...more }) as Control;
const toggle = (id: string, value: boolean): Control => ({
  ...base,
  id,
  name: id,
  type: 'boolean',
  default: true,
  value,
});
const exposureMode: Control = {
  ...base,
  id: 'auto_exposure',
  name: 'Auto Exposure',
  type: 'menu',
  options: [],
  default: 3,
  value: 3,
};

describe('controls', () => {
  it('are grouped by name, regardless of the group their driver reports', () => {
    const groups: Record<string, readonly string[]> = {
      picture: ['brightness', 'contrast', 'saturation', 'hue', 'sharpness', 'gamma', 'horizontal_flip', 'chroma_gain'],
      exposure: ['auto_exposure', 'exposure_time_absolute', 'gain', 'autogain', 'iso_sensitivity', 'iris_absolute'],
      'white-balance': ['white_balance_automatic', 'white_balance_temperature', 'red_balance'],
      focus: ['focus_absolute', 'focus_automatic_continuous', 'auto_focus_start'],
      movement: ['zoom_absolute', 'pan_absolute', 'tilt_speed'],
      other: ['led1_mode', 'privacy', 'integer_32_bits', 'panel'],
    };
    for (const [group, ids] of Object.entries(groups)) {
      expect(ids.map((id) => [id, controlGroupOf({ id })])).toEqual(ids.map((id) => [id, group]));
    }
  });

  it('form groups in a fixed order, without empty ones', () => {
    const groups = controlGroups([number('zoom_absolute'), number('brightness'), number('contrast')]);
    expect(groups.map(({ name, controls }) => [name, ...controls.map(({ id }) => id)])).toEqual([
      ['picture', 'brightness', 'contrast'],
      ['movement', 'zoom_absolute'],
    ]);
  });

  it('name the automatic setting that controls them', () => {
    const temperature = number('white_balance_temperature', { inactive: true });
    const exposure = number('exposure_time_absolute', { inactive: true });
    const all = [exposureMode, exposure, toggle('white_balance_automatic', true), temperature];
    expect(whyInactive(temperature, all)).toContain('Turn off “white_balance_automatic” to set this');
    expect(whyInactive(exposure, all)).toContain('Controlled by “Auto Exposure”. Choose its manual mode');
    expect(whyInactive(exposureMode, all)).toBeNull();
    expect(whyInactive(temperature, [temperature, toggle('white_balance_automatic', false)])).toContain('another');
    expect(whyInactive(number('gain', { readonly: true }), all)).toContain('Read-only');
  });

  it('have readable values', () => {
    expect(controlValueWord(250, '100 µs')).toBe('25 ms');
    expect(controlValueWord(3, '100 µs')).toBe('0.3 ms');
    expect(controlValueWord(20_000, '100 µs')).toBe('2 s');
    expect(controlValueWord(-36_000, '″')).toBe('-10°');
    expect(controlValueWord(4600, 'K')).toBe('4600 K');
    expect(controlValueWord(7, undefined)).toBe('7');
  });
});

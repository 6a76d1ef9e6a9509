import { describe, expect, it } from 'vitest';
import { controlNumber, controlOf, parseControlValue, settingOrder, type Control } from './control.ts';

const base = { group: '', inactive: false, readonly: false };
const zoom: Control = {
  ...base,
  id: 'zoom',
  name: 'Zoom',
  type: 'integer',
  min: 100,
  max: 400,
  step: 10,
  default: 100,
  value: 100,
};
const auto: Control = { ...base, id: 'auto', name: 'Auto', type: 'boolean', default: true, value: true };
const mains: Control = {
  ...base,
  id: 'mains',
  name: 'Mains frequency',
  type: 'menu',
  options: [
    { value: 0, label: 'Off' },
    { value: 2, label: '60 Hz' },
  ],
  default: 0,
  value: 0,
};
const press: Control = { ...base, id: 'press', name: 'Press', type: 'button' };

describe('controlNumber', () => {
  it('returns the number for the driver', () => {
    expect(controlNumber(zoom, 250)).toBe(250);
    expect([controlNumber(auto, true), controlNumber(auto, false), controlNumber(auto, 1)]).toEqual([1, 0, 1]);
    expect(controlNumber(mains, 2)).toBe(2);
    expect(controlNumber(press, true)).toBe(1);
  });

  it.each([
    [zoom, 401, 'Zoom takes whole numbers from 100 to 400 in steps of 10, not 401.'],
    [zoom, 105, 'Zoom takes whole numbers from 100 to 400 in steps of 10, not 105.'],
    [zoom, 100.5, 'Zoom takes whole numbers from 100 to 400 in steps of 10, not 100.5.'],
    [zoom, true, 'Zoom takes whole numbers from 100 to 400 in steps of 10, not true.'],
    [auto, 2, 'Auto takes true or false, not 2.'],
    [mains, 1, 'Mains frequency takes one of 0 (Off), 2 (60 Hz), not 1.'],
    [{ ...zoom, readonly: true }, 100, 'Zoom can be read but not changed.'],
  ] as const)('that it does not take is refused with what it takes (%#)', (control, value, message) => {
    expect(() => controlNumber(control, value)).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: control.id, message }),
    );
  });

  it('is read from a form', () => {
    expect(['12', '-3', 'on', 'false'].map((text) => parseControlValue('x', text))).toEqual([12, -3, true, false]);
    for (const text of ['', ' ', 'twelve', 'NaN']) expect(() => parseControlValue('x', text)).toThrow('x takes');
  });
});

it('rejects a control that the camera does not have, by its name', () => {
  expect(controlOf([zoom], 'zoom')).toBe(zoom);
  expect(() => controlOf([zoom], 'focus')).toThrow(expect.objectContaining({ code: 'invalid_input', field: 'focus' }));
});

it('sets switches before the numbers that they control', () => {
  expect(settingOrder([press, zoom, mains, auto]).map(({ id }) => id)).toEqual(['mains', 'auto', 'zoom', 'press']);
});

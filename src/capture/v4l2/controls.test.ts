import { describe, expect, it } from 'vitest';
import { DeviceControls } from './controls.ts';
import { FakeDriver, type FakeControl } from './fake-driver.ts';

const [integer, boolean, menu, button, heading, text, intmenu] = [1, 2, 3, 4, 6, 7, 9];

function webcam(changes: Partial<Record<number, Partial<FakeControl>>> = {}): FakeDriver {
  const controls: FakeControl[] = [
    { id: 0x980001, type: heading, name: 'User Controls', flags: 0x44 },
    { id: 0x980900, type: integer, name: 'Brightness', min: -64, max: 64, default: 0 },
    { id: 0x98090c, type: boolean, name: 'White Balance, Automatic', default: 1 },
    {
      id: 0x980918,
      type: menu,
      name: 'Power Line Frequency',
      max: 2,
      default: 1,
      menu: { 0: 'Disabled', 2: '60 Hz' },
    },
    {
      id: 0x98091a,
      type: integer,
      name: 'White Balance Temperature',
      min: 2800,
      max: 6500,
      step: 10,
      default: 4600,
      governedBy: 0x98090c,
    },
    { id: 0x9a0001, type: heading, name: 'Camera Controls', flags: 0x44 },
    { id: 0x9a0902, type: integer, name: 'Exposure Time, Absolute', min: 3, max: 2047, default: 250 },
    { id: 0x9a0910, type: text, name: 'Model' },
    { id: 0x9a0911, type: intmenu, name: 'Link', max: 1, default: 0, menu: { 0: 400, 1: 800 } },
    { id: 0x9a0912, type: integer, name: 'Broken', flags: 0x1 },
    { id: 0x9a0913, type: integer, name: 'Temperature', min: 0, max: 90, flags: 0x4, value: 40 },
    { id: 0x9a0914, type: button, name: 'Focus now' },
    { id: 0x9a0915, type: integer, name: 'brightness', min: 0, max: 9 },
  ];
  return new FakeDriver({ controls: controls.map((control) => ({ ...control, ...changes[control.id] })) });
}

function values(controls: DeviceControls): Record<string, unknown> {
  return Object.fromEntries(
    controls.perform({ kind: 'read' }).map((control) => [control.id, 'value' in control ? control.value : null]),
  );
}

describe('DeviceControls', () => {
  it('lists all that the driver offers, with their types', () => {
    const read = new DeviceControls(webcam()).perform({ kind: 'read' });
    const user = { group: 'User Controls', inactive: false, readonly: false };
    const camera = { group: 'Camera Controls', inactive: false, readonly: false };
    expect(read).toEqual([
      {
        ...user,
        id: 'brightness',
        name: 'Brightness',
        type: 'integer',
        min: -64,
        max: 64,
        step: 1,
        default: 0,
        value: 0,
      },
      {
        ...user,
        id: 'white_balance_automatic',
        name: 'White Balance, Automatic',
        type: 'boolean',
        default: true,
        value: true,
      },
      {
        ...user,
        id: 'power_line_frequency',
        name: 'Power Line Frequency',
        type: 'menu',
        options: [
          { value: 0, label: 'Disabled' },
          { value: 2, label: '60 Hz' },
        ],
        default: 1,
        value: 1,
      },
      {
        ...user,
        inactive: true,
        id: 'white_balance_temperature',
        name: 'White Balance Temperature',
        type: 'integer',
        min: 2800,
        max: 6500,
        step: 10,
        default: 4600,
        value: 4600,
        unit: 'K',
      },
      {
        ...camera,
        id: 'exposure_time_absolute',
        name: 'Exposure Time, Absolute',
        type: 'integer',
        min: 3,
        max: 2047,
        step: 1,
        default: 250,
        value: 250,
        unit: '100 µs',
      },
      {
        ...camera,
        id: 'link',
        name: 'Link',
        type: 'intmenu',
        options: [
          { value: 0, label: 400 },
          { value: 1, label: 800 },
        ],
        default: 0,
        value: 0,
      },
      {
        ...camera,
        id: 'temperature',
        name: 'Temperature',
        readonly: true,
        type: 'integer',
        min: 0,
        max: 90,
        step: 1,
        default: 0,
        value: 40,
      },
      { ...camera, id: 'focus_now', name: 'Focus now', type: 'button' },
      {
        ...camera,
        id: 'brightness_9a0915',
        name: 'brightness',
        type: 'integer',
        min: 0,
        max: 9,
        step: 1,
        default: 0,
        value: 0,
      },
    ]);
  });

  it('sets an automatic setting before the number that it controls', () => {
    const driver = webcam();
    const controls = new DeviceControls(driver);
    const set = controls.perform({
      kind: 'set',
      values: { white_balance_temperature: 3000, white_balance_automatic: false, brightness: -7, focus_now: true },
    });
    expect(driver.written[0]).toBe(0x98090c);
    expect(driver.written.at(-1)).toBe(0x9a0914);
    expect(set.find(({ id }) => id === 'white_balance_temperature')).toMatchObject({ value: 3000, inactive: false });
    expect(values(controls)).toMatchObject({ brightness: -7, white_balance_automatic: false });
  });

  it('changes nothing if one of several values is invalid or rejected by the driver', () => {
    const driver = webcam();
    const controls = new DeviceControls(driver);
    expect(() => controls.perform({ kind: 'set', values: { brightness: 10, exposure_time_absolute: 9999 } })).toThrow(
      expect.objectContaining({
        field: 'exposure_time_absolute',
        message: expect.stringContaining('from 3 to 2047') as string,
      }),
    );
    expect(driver.written).toEqual([]);
    expect(() =>
      controls.perform({ kind: 'set', values: { brightness: 10, white_balance_temperature: 3000 } }),
    ).toThrow(expect.objectContaining({ code: 'invalid_input', field: 'white_balance_temperature' }));
    expect(values(controls)).toMatchObject({ brightness: 0 });
    expect(() => controls.perform({ kind: 'set', values: { nothing: 1 } })).toThrow('no control');
  });

  it('resets controls to their defaults, including those of automatic settings', () => {
    const driver = webcam({ 0x98090c: { value: 0 }, 0x98091a: { value: 3000 }, 0x980900: { value: 9 } });
    const controls = new DeviceControls(driver);
    controls.perform({ kind: 'reset' });
    expect(values(controls)).toMatchObject({
      brightness: 0,
      white_balance_automatic: true,
      white_balance_temperature: 4600,
      temperature: 40,
    });
    expect(driver.written).not.toContain(0x9a0914);
  });

  it('restores the saved values that the device accepts', () => {
    const driver = webcam();
    const controls = new DeviceControls(driver);
    const refusals = controls.restore({
      white_balance_temperature: 3000,
      white_balance_automatic: false,
      exposure_time_absolute: 1,
      power_line_frequency: 1,
      gone: 5,
      focus_now: 1,
    });
    expect(values(controls)).toMatchObject({ white_balance_temperature: 3000, exposure_time_absolute: 250 });
    expect(refusals.map(({ field }) => field)).toEqual(['power_line_frequency', 'exposure_time_absolute']);
    expect(driver.written).toEqual([0x98090c, 0x98091a]);
  });
});

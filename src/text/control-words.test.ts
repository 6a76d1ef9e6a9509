import { inLanguage } from '../messages/language.ts';
import { automaticAdvice, controlNameWord, optionWord } from './control-names.ts';
import { describe, expect, it } from 'vitest';
import { languages } from '../messages/language.ts';
import { m } from '#messages';
import type { Control } from '../domain/cameras/control.ts';
import { controlGroupOf, controlGroups, controlValueWord, whyInactive } from './control-words.ts';

/** As the kernel names them (v4l2-ctrls-defs.c), in the classes that cameras have. */
const standardNames = `Brightness|Contrast|Saturation|Hue|Volume|Balance|Bass|Treble|Mute|Loudness|Black Level
White Balance, Automatic|Do White Balance|Red Balance|Blue Balance|Gamma|Exposure|Gain, Automatic|Gain|Horizontal Flip
Vertical Flip|Power Line Frequency|Hue, Automatic|White Balance Temperature|Sharpness|Backlight Compensation|Chroma AGC
Color Killer|Color Effects|Brightness, Automatic|Band-Stop Filter|Rotate|Background Color|Chroma Gain|Illuminator 1
Illuminator 2|Min Number of Capture Buffers|Min Number of Output Buffers|Alpha Component|Color Effects, CbCr
Color Effects, RGB|Auto Exposure|Exposure Time, Absolute|Exposure, Dynamic Framerate|Pan, Relative|Tilt, Relative
Pan, Reset|Tilt, Reset|Pan, Absolute|Tilt, Absolute|Focus, Absolute|Focus, Relative|Focus, Automatic Continuous
Zoom, Absolute|Zoom, Relative|Zoom, Continuous|Privacy|Iris, Absolute|Iris, Relative|Auto Exposure, Bias
White Balance, Auto & Preset|Wide Dynamic Range|Image Stabilization|ISO Sensitivity|ISO Sensitivity, Auto
Exposure, Metering Mode|Scene Mode|Auto Focus, Start|Auto Focus, Stop|Auto Focus, Range|Pan, Speed|Tilt, Speed
Camera Orientation|Camera Sensor Rotation|HDR Sensor Mode|LED Mode|Strobe Source|Strobe|Stop Strobe|Strobe Status
Strobe Timeout|Intensity, Flash Mode|Intensity, Torch Mode|Intensity, Indicator|Charge|Ready to Strobe
Chroma Subsampling|Restart Interval|Compression Quality|Vertical Blanking|Horizontal Blanking|Analogue Gain
Red Pixel Value|Green (Red) Pixel Value|Blue Pixel Value|Green (Blue) Pixel Value|Notify Gains|Link Frequency|Pixel Rate
Test Pattern|Deinterlacing Mode|Digital Gain`.split(/[|\n]/);
/** As the capture process makes ids of names. */
const idOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');

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
    const why = (control: Control, among: readonly Control[] = all) => whyInactive(control, among, automaticAdvice);
    expect(why(temperature)).toBe('Turn off automatic white balance to set this.');
    expect(inLanguage('de', () => why(temperature))).toBe(
      'Schalten Sie den automatischen Weißabgleich aus, um dies einzustellen.',
    );
    expect(why(exposure)).toBe('Controlled by “Automatic exposure”. Choose its manual mode to set this.');
    expect(why(exposureMode)).toBeNull();
    expect(why(temperature, [temperature, toggle('white_balance_automatic', false)])).toContain('another');
    expect(why(number('gain', { readonly: true }))).toContain('Read-only');
    const dewarp = number('dewarp_focus', { inactive: true });
    expect(why(dewarp, [dewarp, { ...toggle('auto_dewarp_focus', true), name: 'Auto Dewarp' }])).toBe(
      'Turn off “Auto Dewarp” to set this.',
    );
  });

  it.each(standardNames)('of linux/v4l2-controls.h have names in each language: %s', (name) => {
    const control = number(idOf(name), { name });
    const [english, german] = languages.map((language) => inLanguage(language, () => controlNameWord(control)));
    expect(english).toMatch(/^[^,]+$/);
    expect(english).toBe(m[`driver_control_${idOf(name)}` as keyof typeof m](undefined, { locale: 'en' }));
    expect(german).toBe(m[`driver_control_${idOf(name)}` as keyof typeof m](undefined, { locale: 'de' }));
  });

  it('of older kernels have the same names, and those of vendors the name that their driver gives', () => {
    const named = (name: string) => controlNameWord(number(idOf(name), { name }));
    expect(named('White Balance Temperature, Auto')).toBe('Automatic white balance');
    expect(named('Exposure, Auto')).toBe('Automatic exposure');
    expect(named('Exposure (Absolute)')).toBe('Exposure time');
    expect(named('LED1 Frequency')).toBe('LED1 Frequency');
    expect(named('constructor')).toBe('constructor');
    expect(inLanguage('de', () => optionWord(exposureMode, 'Aperture Priority Mode'))).toBe('Zeitautomatik');
    expect(optionWord(exposureMode, '50 Hz')).toBe('50 Hz');
    expect(optionWord({ ...exposureMode, id: 'vendor_mode' }, 'Manual Mode')).toBe('Manual Mode');
    expect(optionWord(exposureMode, 7)).toBe('7');
  });

  it('have readable values', () => {
    expect(controlValueWord(250, '100 µs')).toBe('25\u00a0ms');
    expect(controlValueWord(3, '100 µs')).toBe('0.3\u00a0ms');
    expect(controlValueWord(20_000, '100 µs')).toBe('2\u00a0s');
    expect(controlValueWord(-36_000, '″')).toBe('-10°');
    expect(controlValueWord(4600, 'K')).toBe('4600\u00a0K');
    expect(controlValueWord(7, undefined)).toBe('7');
  });
});

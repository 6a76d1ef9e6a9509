import { m } from '#messages';
import { formatWord } from '../../text/format-word.ts';
import { sizeWord } from '../../text/numbers.ts';
import type { Mode } from '../../domain/cameras/mode.ts';
import { fpsWord } from '../../text/view-state.ts';

/** A mode for display: `1280 × 720, 30 fps`. */
export function modeWord(mode: Mode): string {
  return `${sizeWord(mode)}${mode.fps > 0 ? `, ${fpsWord(mode.fps)}` : ''}`;
}

/** Modes by format, largest and fastest first. */
export function modesByFormat(modes: readonly Mode[]): readonly (readonly [string, readonly Mode[]])[] {
  const best = modes.toSorted((a, b) => b.width * b.height - a.width * a.height || b.fps - a.fps);
  const formats = [...new Set(modes.map((mode) => mode.format))];
  return formats.map((format) => [formatWord(format), best.filter((mode) => mode.format === format)]);
}

/** The largest size of a device: `up to 1920 × 1080`. */
export function largestWord(modes: readonly Mode[]): string {
  const best = modes.reduce<Mode | null>((a, b) => (a === null || b.width > a.width ? b : a), null);
  return best === null ? m.settings_device_busy() : m.settings_up_to({ width: best.width, height: best.height });
}

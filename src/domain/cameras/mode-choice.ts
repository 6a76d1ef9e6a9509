import type { Mode } from './mode.ts';
import { type Sentence, sentence } from '../../messages/sentence.ts';

/** The Mode that a source asks for. Missing properties are chosen automatically. */
export interface WantedMode {
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  readonly format?: string;
}

/** The maximum size that is chosen automatically. Larger frames cost much and show little more. */
const largestDefault = { width: 1920, height: 1080 };
/** Motion looks choppy below this rate, in frames per second. */
const smooth = 25;
/** The preferred rate if none is asked for, in frames per second. */
const usual = 30;
/** Rates that differ by less than this are the same, such as 29.97 and 30 frames per second. */
const sameRate = 0.5;

/**
 * Chooses the Mode to open: the wanted one, or the nearest to it. MJPEG is preferred to raw formats, and those to
 * H.264.
 *
 * If no size is wanted, it is the largest MJPEG Mode up to 1920 × 1080 that is fast enough for motion, else the best of
 * the others.
 *
 * @returns null if the device offers no Modes
 */
export function chooseMode(modes: readonly Mode[], wanted: WantedMode): Mode | null {
  const exact = modes.filter((mode) => isWanted(mode, wanted));
  const ofFormat = modes.filter((mode) => mode.format === wanted.format);
  const { format: _missing, ...others } = wanted;
  const [pool, wish] = ofFormat.length > 0 ? [ofFormat, wanted] : [modes, others];
  if (wanted.width === undefined && wanted.height === undefined) {
    return best(exact, defaultCost(wanted)) ?? best(pool, defaultCost(wish));
  }
  const byFormat = (mode: Mode): number => formatRank(mode) * 100 + rateCost(mode, wanted.fps);
  return best(exact, byFormat) ?? best(pool, (mode) => nearness(mode, wish));
}

/**
 * Returns the Mode with the most pixels, MJPEG before others, which is the best one for a photo. Null if the device
 * offers no Modes.
 */
export function largestMode(modes: readonly Mode[]): Mode | null {
  return best(modes, (mode) => -mode.width * mode.height * 10 + formatRank(mode));
}

/** True if a Mode has every property that is wanted. */
export function isWanted(mode: Mode, { width, height, fps, format }: WantedMode): boolean {
  return (
    (width === undefined || mode.width === width) &&
    (height === undefined || mode.height === height) &&
    (format === undefined || mode.format === format) &&
    (fps === undefined || mode.fps === 0 || Math.abs(mode.fps - fps) < sameRate)
  );
}

/** Returns a sentence for people who get another Mode than they asked for; undefined if they get theirs. */
export function modeWarning(wanted: WantedMode, chosen: Mode): Sentence | undefined {
  if (isWanted(chosen, wanted)) return undefined;
  const { width, height, fps, format } = wanted;
  const any = sentence('camera_mode_any');
  const size =
    width === undefined && height === undefined
      ? null
      : sentence('camera_mode_size', { width: width ?? any, height: height ?? any });
  const asked = modeWords({ size, fps, format });
  const got = modeWords({
    size: sentence('camera_mode_size', { width: chosen.width, height: chosen.height }),
    fps: chosen.fps > 0 ? chosen.fps : undefined,
    format: format === undefined ? undefined : chosen.format,
  });
  return sentence('camera_mode_other', { asked, got });
}

/** A mode in words, by what is known of it: `640 × 480 at 30 fps as mjpeg`, `30 fps`, `mjpeg`. */
function modeWords(mode: {
  readonly size: Sentence | null;
  readonly fps: number | undefined;
  readonly format: string | undefined;
}): Sentence | string {
  const { size, fps, format = '' } = mode;
  const rate = fps === undefined ? null : shortRate(fps);
  const pace =
    rate === null
      ? size
      : size === null
        ? sentence('states_fps', { rate })
        : sentence('camera_mode_at', { size, rate });
  if (pace === null) return format;
  return format === '' ? pace : sentence('camera_mode_as', { mode: pace, format });
}

function shortRate(fps: number): number {
  return Math.round(fps * 100) / 100;
}

function best(modes: readonly Mode[], cost: (mode: Mode) => number): Mode | null {
  let found: Mode | null = null;
  let least = Infinity;
  for (const mode of modes) {
    const its = cost(mode);
    if (its >= least) continue;
    found = mode;
    least = its;
  }
  return found;
}

/** MJPEG is passed through as JPEG, raw frames are encoded once, and H.264 has to be decoded first. */
function formatRank({ format }: Mode): number {
  return format === 'mjpeg' ? 0 : format === 'h264' || format === 'mpeg4' ? 2 : 1;
}

/** Rates a Mode if no size is wanted. Lower is better. */
function defaultCost({ fps, format }: WantedMode): (mode: Mode) => number {
  return (mode) => {
    const fits = mode.width <= largestDefault.width && mode.height <= largestDefault.height;
    const fast = mode.fps === 0 || mode.fps >= Math.min(smooth, fps ?? smooth);
    // A fast raw Mode is better than a slow MJPEG Mode, and a fast small one is better than a slow large one.
    const order = (fits ? 0 : 4e9) + (fast ? 0 : 2e9) + (format === undefined ? formatRank(mode) * 5e8 : 0);
    const area = fits ? -mode.width * mode.height : mode.width * mode.height;
    return order + area * 10 + rateCost(mode, fps);
  };
}

/** The distance of a rate from the wanted or usual one, in doublings. Being slower costs more. */
function rateCost({ fps }: Mode, wanted = usual): number {
  if (fps === 0) return 0;
  const doublings = Math.log2(wanted / fps);
  return doublings > 0 ? doublings : -doublings / 4;
}

/** The distance of a Mode from the wanted one: area and rate in doublings, and the aspect ratio counts twice. */
function nearness(mode: Mode, { width, height, fps }: WantedMode): number {
  const wide = mode.width / (width ?? mode.width);
  const high = mode.height / (height ?? mode.height);
  const shape = width === undefined || height === undefined ? 0 : 2 * Math.abs(Math.log2(wide / high));
  return Math.abs(Math.log2(wide * high)) + shape + rateCost(mode, fps) + formatRank(mode) * 0.1;
}

import type { Mode } from './mode.ts';

/** What a source asks for; what is missing is chosen. */
export interface WantedMode {
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  readonly format?: string;
}

/** The largest picture that is chosen without being asked for, in pixels: more costs much and shows little. */
const largestUnasked = { width: 1920, height: 1080 };
/** Below this rate, in frames per second, motion looks broken. */
const smooth = 25;
/** The rate that is chosen without being asked for, if there is one, in frames per second. */
const usual = 30;
/** Two rates are the same within this: 29.97 is what 30 means. */
const sameRate = 0.5;

/**
 * The Mode to open: the wanted one, MJPEG before raw formats before H.264, or the one that is nearest to it.
 *
 * Without a wish it is the largest MJPEG Mode of at most 1920 × 1080 that is fast enough for motion, else the best of
 * the others.
 *
 * @returns null if nothing is offered.
 */
export function chooseMode(modes: readonly Mode[], wanted: WantedMode): Mode | null {
  const exact = modes.filter((mode) => isWanted(mode, wanted));
  const ofFormat = modes.filter((mode) => mode.format === wanted.format);
  const { format: _missing, ...others } = wanted;
  const [pool, wish] = ofFormat.length > 0 ? [ofFormat, wanted] : [modes, others];
  if (wanted.width === undefined && wanted.height === undefined) {
    return best(exact, unaskedCost(wanted)) ?? best(pool, unaskedCost(wish));
  }
  const byFormat = (mode: Mode): number => formatRank(mode) * 100 + rateCost(mode, wanted.fps);
  return best(exact, byFormat) ?? best(pool, (mode) => nearness(mode, wish));
}

/**
 * The Mode with the most pixels, MJPEG before others: what a single picture is best taken in. Null if nothing is
 * offered.
 */
export function largestMode(modes: readonly Mode[]): Mode | null {
  return best(modes, (mode) => -mode.width * mode.height * 10 + formatRank(mode));
}

/** True if a Mode is what was asked for, as far as something was. */
export function isWanted(mode: Mode, { width, height, fps, format }: WantedMode): boolean {
  return (
    (width === undefined || mode.width === width) &&
    (height === undefined || mode.height === height) &&
    (format === undefined || mode.format === format) &&
    (fps === undefined || mode.fps === 0 || Math.abs(mode.fps - fps) < sameRate)
  );
}

/** What a person is told when they get another Mode than they asked for; undefined when they get theirs. */
export function modeWarning(wanted: WantedMode, chosen: Mode): string | undefined {
  if (isWanted(chosen, wanted)) return undefined;
  const { width, height, fps, format } = wanted;
  const size = width === undefined && height === undefined ? '' : `${width ?? 'any'} × ${height ?? 'any'}`;
  const rate = fps === undefined ? '' : `${size === '' ? '' : 'at '}${shortRate(fps)} fps`;
  const kind = format === undefined ? '' : `${size === '' && rate === '' ? '' : 'as '}${format}`;
  const asked = [size, rate, kind].filter((part) => part !== '').join(' ');
  const got = `${chosen.width} × ${chosen.height}${chosen.fps > 0 ? ` at ${shortRate(chosen.fps)} fps` : ''}`;
  return `The camera does not offer ${asked}; ${got}${format === undefined ? '' : ` as ${chosen.format}`} was chosen.`;
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

/** MJPEG is passed through untouched; raw pictures are encoded once; H.264 has to be decoded first. */
function formatRank({ format }: Mode): number {
  return format === 'mjpeg' ? 0 : format === 'h264' || format === 'mpeg4' ? 2 : 1;
}

/** How good a Mode is whose size nobody asked for: the lower the better. */
function unaskedCost({ fps, format }: WantedMode): (mode: Mode) => number {
  return (mode) => {
    const fits = mode.width <= largestUnasked.width && mode.height <= largestUnasked.height;
    const fast = mode.fps === 0 || mode.fps >= Math.min(smooth, fps ?? smooth);
    // A raw Mode that is fast is better than an MJPEG one that is not, and a fast small one than a slow large one.
    const order = (fits ? 0 : 4e9) + (fast ? 0 : 2e9) + (format === undefined ? formatRank(mode) * 5e8 : 0);
    const area = fits ? -mode.width * mode.height : mode.width * mode.height;
    return order + area * 10 + rateCost(mode, fps);
  };
}

/** How far a rate is from the wanted one, or from the usual one, in doublings; being slower is worse. */
function rateCost({ fps }: Mode, wanted = usual): number {
  if (fps === 0) return 0;
  const doublings = Math.log2(wanted / fps);
  return doublings > 0 ? doublings : -doublings / 4;
}

/** How far a Mode is from the wanted one: sizes in doublings of the area, rates in doublings, a shape counts twice. */
function nearness(mode: Mode, { width, height, fps }: WantedMode): number {
  const wide = mode.width / (width ?? mode.width);
  const high = mode.height / (height ?? mode.height);
  const shape = width === undefined || height === undefined ? 0 : 2 * Math.abs(Math.log2(wide / high));
  return Math.abs(Math.log2(wide * high)) + shape + rateCost(mode, fps) + formatRank(mode) * 0.1;
}

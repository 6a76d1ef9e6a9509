import type { Mode } from '../../domain/cameras/mode.ts';
import type { Driver } from './device.ts';
import { formatName } from './formats.ts';
import { Struct } from './structs.ts';

/** V4L2_BUF_TYPE_VIDEO_CAPTURE */
const captureType = 1;
/** V4L2_FRMSIZE_TYPE_DISCRETE and V4L2_FRMIVAL_TYPE_DISCRETE. The other types describe a range. */
const discrete = 1;
/** No driver lists more; one that keeps answering is broken. */
const mostAnswers = 256;

/** The sizes listed for a device that supports any size within limits, in pixels. */
const usualSizes = [
  [160, 120],
  [320, 180],
  [320, 240],
  [640, 360],
  [640, 480],
  [800, 600],
  [960, 540],
  [1024, 768],
  [1280, 720],
  [1280, 960],
  [1600, 1200],
  [1920, 1080],
  [2560, 1440],
  [3840, 2160],
] as const;

/** The rates listed for a device that supports any rate within limits, in frames per second. */
const usualRates = [5, 10, 15, 20, 24, 25, 30, 50, 60, 90, 120] as const;

/**
 * Lists every Mode that a device offers in a supported format: MJPEG first and H.264 last, then by size and rate,
 * largest first.
 */
export function listModes(driver: Driver): readonly Mode[] {
  const modes = new Map<string, Mode>();
  for (const fourcc of formats(driver)) {
    const format = formatName(fourcc);
    if (format === null) continue;
    for (const [width, height] of sizes(driver, fourcc)) {
      for (const fps of rates(driver, fourcc, width, height)) {
        modes.set(`${format} ${width} ${height} ${fps}`, { format, width, height, fps });
      }
    }
  }
  const rank = (format: string): number => (format === 'mjpeg' ? 0 : format === 'h264' ? 2 : 1);
  return [...modes.values()].sort(
    (a, b) =>
      rank(a.format) - rank(b.format) ||
      a.format.localeCompare(b.format) ||
      b.width * b.height - a.width * a.height ||
      b.fps - a.fps,
  );
}

function formats(driver: Driver): readonly number[] {
  return enumerate((index) => {
    const format = new Struct('v4l2_fmtdesc').set({ index, type: captureType });
    return driver.call('VIDIOC_ENUM_FMT', format) === 0 ? [format.u32('pixelformat')] : null;
  });
}

function sizes(driver: Driver, fourcc: number): readonly (readonly [width: number, height: number])[] {
  const found = enumerate((index) => {
    const size = new Struct('v4l2_frmsizeenum').set({ index, pixel_format: fourcc });
    if (driver.call('VIDIOC_ENUM_FRAMESIZES', size) !== 0) return null;
    if (size.u32('type') === discrete) return [[size.u32('discrete.width'), size.u32('discrete.height')] as const];
    return index === 0 ? sizesWithin(size) : null;
  });
  if (found.length > 0) return found;
  // A driver that lists no sizes supports only the current one.
  const present = new Struct('v4l2_format').set({ type: captureType });
  if (driver.call('VIDIOC_G_FMT', present) !== 0 || present.u32('fmt.pix.pixelformat') !== fourcc) return [];
  return [[present.u32('fmt.pix.width'), present.u32('fmt.pix.height')]];
}

function sizesWithin(range: Struct<'v4l2_frmsizeenum'>): readonly (readonly [number, number])[] {
  const fits = (value: number, side: 'width' | 'height'): boolean => {
    const least = range.u32(`stepwise.min_${side}`);
    const step = Math.max(1, range.u32(`stepwise.step_${side}`));
    return value >= least && value <= range.u32(`stepwise.max_${side}`) && (value - least) % step === 0;
  };
  const usual = usualSizes.filter(([width, height]) => fits(width, 'width') && fits(height, 'height'));
  // Some drivers have no real limits; their largest frame would not fit into memory.
  const most = [range.u32('stepwise.max_width'), range.u32('stepwise.max_height')] as const;
  return most[0] <= 4096 && most[1] <= 4096 ? [...usual, most] : usual;
}

/** The rates of a size, in frames per second; 0 if the driver reports none. */
function rates(driver: Driver, fourcc: number, width: number, height: number): readonly number[] {
  const found = enumerate((index) => {
    const interval = new Struct('v4l2_frmivalenum').set({ index, pixel_format: fourcc, width, height });
    if (driver.call('VIDIOC_ENUM_FRAMEINTERVALS', interval) !== 0) return null;
    if (interval.u32('type') === discrete) {
      return [rate(interval.u32('discrete.numerator'), interval.u32('discrete.denominator'))];
    }
    if (index > 0) return null;
    const fastest = rate(interval.u32('stepwise.min.numerator'), interval.u32('stepwise.min.denominator'));
    const slowest = rate(interval.u32('stepwise.max.numerator'), interval.u32('stepwise.max.denominator'));
    const usual = usualRates.filter((each) => each >= slowest && each <= fastest);
    return fastest <= 240 ? [...usual, fastest] : usual;
  }).filter((each) => each > 0);
  if (found.length > 0) return found;
  const present = new Struct('v4l2_streamparm').set({ type: captureType });
  if (driver.call('VIDIOC_G_PARM', present) !== 0) return [0];
  const numerator = present.u32('parm.capture.timeperframe.numerator');
  return [rate(numerator, present.u32('parm.capture.timeperframe.denominator'))];
}

/** Converts a frame interval to frames per second, rounded to three decimals. */
function rate(numerator: number, denominator: number): number {
  return numerator === 0 || denominator === 0 ? 0 : Math.round((denominator / numerator) * 1_000) / 1_000;
}

function enumerate<T>(ask: (index: number) => readonly T[] | null): T[] {
  const all: T[] = [];
  for (let index = 0; index < mostAnswers; index += 1) {
    const answer = ask(index);
    if (answer === null) break;
    all.push(...answer);
  }
  return all;
}

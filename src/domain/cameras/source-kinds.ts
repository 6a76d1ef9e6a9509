import type { Source, SourceOf } from './source.ts';

/** A capture device of this machine. */
export type DeviceSource = SourceOf<'v4l2'>;
/** A stream that is reached over the network. */
export type NetworkSource = SourceOf<'rtsp'> | SourceOf<'http'>;
/** A media file. */
export type FileSource = SourceOf<'file'>;

/** The traits of a kind of Source. */
export interface SourceTraits {
  /**
   * What Porthole opens:
   *
   * - `device`: a device below /dev, which has Modes and controls, can be unplugged, and can be in use by another program;
   * - `network`: an address, whose host must be one that cameras may have;
   * - `file`: a path, which must be in a folder that cameras may read;
   * - `generated`: nothing outside Porthole.
   */
  readonly origin: 'device' | 'network' | 'file' | 'generated';
  /** True if a Mode can be chosen by `?width=&height=&fps=`. */
  readonly hasModeOptions: boolean;
  readonly limits: SourceLimits;
}

/** When a camera counts as failed, in milliseconds. */
export interface SourceLimits {
  /** The longest time from opening the source until it sends anything. */
  readonly opening: number;
  /** The longest time between two frames of a stream whose rhythm is known; slow streams get four intervals. */
  readonly silence: number;
  /** The longest wait between two attempts to open it; shorter where nobody answers. */
  readonly retry: number;
}

/** A device answers quickly or not at all. */
const localLimits: SourceLimits = { opening: 10_000, silence: 3_000, retry: 2_000 };
/**
 * A network may be slow, and so may a stream: some cameras send a frame every 12 s. Viewers learn within 10 s that a
 * network is gone, also from a server that is busy.
 */
const networkLimits: SourceLimits = { opening: 30_000, silence: 9_000, retry: 10_000 };

/** Every kind of Source. */
export const sourceKinds: Readonly<Record<Source['kind'], SourceTraits>> = {
  test: { origin: 'generated', hasModeOptions: true, limits: localLimits },
  v4l2: { origin: 'device', hasModeOptions: true, limits: localLimits },
  rtsp: { origin: 'network', hasModeOptions: false, limits: networkLimits },
  http: { origin: 'network', hasModeOptions: false, limits: networkLimits },
  file: { origin: 'file', hasModeOptions: false, limits: localLimits },
};

/** The traits of a Source. */
export function traitsOf(source: Source): SourceTraits {
  return sourceKinds[source.kind];
}

/** True for a capture device of this machine. */
export function isDevice(source: Source): source is DeviceSource {
  return traitsOf(source).origin === 'device';
}

/** True for a Source that is reached over the network. */
export function isNetwork(source: Source): source is NetworkSource {
  return traitsOf(source).origin === 'network';
}

/** True for a media file. */
export function isFile(source: Source): source is FileSource {
  return traitsOf(source).origin === 'file';
}

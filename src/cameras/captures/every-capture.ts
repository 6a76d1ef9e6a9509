import type { H264EncoderChoice } from '../../domain/media/h264-encoder.ts';
import type { Logger } from '../../domain/logger.ts';
import type { Captures } from './capture.ts';
import type { ChildEnvironment } from './fork-process.ts';
import { forkedCaptures } from './forked-capture.ts';
import { openHttpMedia } from './http/http-media.ts';
import { networkCaptures, type OpenMedias } from './network/network-captures.ts';
import { openRtspMedia } from './rtsp/rtsp-media.ts';
import { Transcoders } from './transcoding/transcoders.ts';

/** The sources that the server process reads itself, by their kind. */
const own: OpenMedias = { rtsp: openRtspMedia, http: openHttpMedia };

/** Options of {@link everyCapture}. */
export interface EveryCaptureOptions {
  readonly h264Encoder: H264EncoderChoice;
  readonly environment: ChildEnvironment;
  /** How much memory a child process may use for one camera, in bytes; null for the default. */
  readonly memory: number | null;
  /** The server's own files and folders, which child processes cannot read where the kernel has Landlock. */
  readonly hidden?: readonly string[];
  /** How many cameras share a transcoder. */
  readonly transcoderCameras: number;
  readonly log: Logger;
  /** Opens the media of some kinds in place of Porthole's own. */
  readonly medias?: OpenMedias | undefined;
}

/**
 * Opens sources of every kind: network cameras in this process, as far as it can read them, and others in children.
 *
 * @returns also the transcoders, which are closed after the last Capture
 */
export function everyCapture(options: EveryCaptureOptions): { captures: Captures; transcoders: Transcoders } {
  const { h264Encoder, environment, memory, hidden = [], transcoderCameras, log, medias } = options;
  const transcoders = new Transcoders({ h264Encoder, environment, memory, hidden, log }, transcoderCameras);
  const forked = forkedCaptures(h264Encoder, environment, memory, hidden);
  return { captures: networkCaptures({ ...own, ...medias }, (each) => transcoders.open(each), forked), transcoders };
}

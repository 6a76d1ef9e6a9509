import type { Logger } from '../../../domain/logger.ts';
import type { Capture, CaptureEnd, CaptureOptions, Captures, OpenCapture } from '../capture.ts';
import type { OpenTranscoding } from '../transcoding/transcoding.ts';
import type { OpenMedia } from './media-source.ts';
import { NetworkCapture } from './network-capture.ts';

/** Reads sources of a kind in the server process; kinds without are left to a child process. */
export type OpenMedias = Readonly<Partial<Record<'rtsp' | 'http', OpenMedia>>>;

/**
 * Opens network cameras in the server process. Those that it cannot read are opened by `forked`, also the next time, until
 * they get another address or fail: somebody may have changed the camera's settings.
 */
export function networkCaptures(medias: OpenMedias, openTranscoding: OpenTranscoding, forked: Captures): Captures {
  /** The address of each camera that the server cannot read, by the camera's logger, which outlives its captures. */
  const unreadable = new WeakMap<Logger, string>();
  const open =
    (openMedia: OpenMedia, openForked: OpenCapture): OpenCapture =>
    (options) => {
      const address = JSON.stringify(options.source.source);
      const openOther = (others: CaptureOptions): Capture => {
        const ended = (end: CaptureEnd): void => {
          if (end.reason !== 'closed') unreadable.delete(options.log);
          others.events.ended(end);
        };
        return openForked({ ...others, events: { ...others.events, ended } });
      };
      if (unreadable.get(options.log) === address) return openOther(options);
      const fallback = (remaining: CaptureOptions, reason: string): Capture => {
        const capture = openOther(remaining);
        unreadable.set(options.log, address);
        options.log.info({ ...capture.facts, reason }, 'FFmpeg reads this camera, because the server cannot');
        return capture;
      };
      return NetworkCapture.open(options, { openMedia, openTranscoding, fallback });
    };
  const { rtsp, http } = medias;
  return {
    ...forked,
    ...(rtsp !== undefined && { rtsp: open(rtsp, forked.rtsp) }),
    ...(http !== undefined && { http: open(http, forked.http) }),
  };
}

import type { Captures, OpenCapture } from '../capture.ts';
import { SubstreamCapture } from './substream-capture.ts';

/** Opens cameras with one stream as before, and network cameras with two by one Capture for both. */
export function withSubstreams(captures: Captures): Captures {
  const open =
    (openOne: OpenCapture): OpenCapture =>
    ({ source: { streams, ...source }, ...options }) =>
      streams === undefined
        ? openOne({ ...options, source })
        : SubstreamCapture.open({ ...options, source }, streams, captures);
  return { ...captures, rtsp: open(captures.rtsp), http: open(captures.http) };
}

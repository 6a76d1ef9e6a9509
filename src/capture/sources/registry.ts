import type { ResolvedSource } from '../../channel/messages.ts';
import type { Source } from '../../domain/source.ts';
import type { OpenSource, OpenSourceFunction } from '../source.ts';
import { openFile } from './file.ts';
import { openHttp } from './http.ts';
import { openRtsp } from './rtsp.ts';
import { openTestPattern } from './test-pattern.ts';
import { openV4l2 } from './v4l2.ts';

/** Every kind of source and what opens it. */
const registry: Readonly<Record<Source['kind'], OpenSourceFunction>> = {
  test: openTestPattern,
  v4l2: openV4l2,
  rtsp: openRtsp,
  http: openHttp,
  file: openFile,
};

/**
 * Opens a source of any kind.
 *
 * @throws {PortholeError} whose code and sentence say why it cannot be opened.
 */
export function openSource(resolved: ResolvedSource): Promise<OpenSource> {
  return registry[resolved.source.kind](resolved);
}

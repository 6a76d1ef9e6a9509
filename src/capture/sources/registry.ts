import type { ResolvedSource, Source } from '../../domain/cameras/source.ts';
import type { OpenSource, OpenSourceFunction } from '../source.ts';

/**
 * Every kind of source and what opens it, loaded when it is wanted: most of them bring FFmpeg's libraries with them.
 */
const registry: { readonly [Kind in Source['kind']]: () => Promise<OpenSourceFunction<Kind>> } = {
  test: async () => (await import('./test-pattern.ts')).openTestPattern,
  v4l2: async () => (await import('./v4l2.ts')).openV4l2,
  rtsp: async () => (await import('./rtsp.ts')).openRtsp,
  http: async () => (await import('./http.ts')).openHttp,
  file: async () => (await import('./file.ts')).openFile,
};

/**
 * Opens a source of any kind.
 *
 * @throws {PortholeError} whose code and sentence say why it cannot be opened.
 */
export async function openSource(resolved: ResolvedSource): Promise<OpenSource> {
  // The compiler does not see that the kind of the source is the key of its function.
  const open = (await registry[resolved.source.kind]()) as (resolved: ResolvedSource) => Promise<OpenSource>;
  return open(resolved);
}

import type { ResolvedSource } from '../../channel/messages.ts';
import { asPortholeError, PortholeError, type Problem } from '../../domain/errors.ts';
import { sourceRendition } from '../../domain/rendition.ts';
import { CameraSupervisor } from '../lifecycle/camera-supervisor.ts';
import type { Logger } from '../../domain/logger.ts';
import { LoadShedder } from '../../fanout/load-shedder.ts';

/** What trying a source showed. */
export type ProbeResult =
  | {
      readonly ok: true;
      readonly width: number;
      readonly height: number;
      /** What the source says its rate is, in frames per second. */
      readonly fps: number | null;
      readonly format: string;
      /** Its first picture. */
      readonly jpeg: Buffer;
    }
  | { readonly ok: false; readonly problem: Problem };

/** How {@link probeSource} works. */
export interface ProbeOptions {
  readonly resolve: () => Promise<ResolvedSource>;
  readonly explain: (problem: Problem) => Promise<Problem>;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

/** How long a source may take to show a picture, in milliseconds. */
const limit = 10_000;

/** Opens a source once, for one picture. The device is free again when this resolves. */
export async function probeSource({ resolve, explain, log, signal }: ProbeOptions): Promise<ProbeResult> {
  let nextId = 0;
  await using supervisor = new CameraSupervisor(
    {
      name: () => 'Test',
      resolve,
      explain,
      enabled: true,
      grace: 0,
      limits: { opening: limit, silence: limit, retry: limit },
      loadShedder: new LoadShedder(),
      log,
      onState: () => undefined,
    },
    () => (nextId += 1),
  );
  const { promise, resolve: gotPicture, reject } = Promise.withResolvers<Buffer>();
  promise.catch(() => undefined);
  const release = supervisor.subscribe(sourceRendition, { offer: (frame) => gotPicture(frame.bytes) });
  try {
    const abort = AbortSignal.any([AbortSignal.timeout(limit), ...(signal === undefined ? [] : [signal])]);
    abort.addEventListener('abort', () => reject(new PortholeError('camera_silent')), { once: true });
    await supervisor.untilLive({ signal: abort });
    const jpeg = await promise;
    const video = supervisor.video;
    if (video === null) throw new PortholeError('camera_silent');
    return { ok: true, jpeg, ...video };
  } catch (error) {
    return { ok: false, problem: asPortholeError(error).toJSON() };
  } finally {
    release();
  }
}

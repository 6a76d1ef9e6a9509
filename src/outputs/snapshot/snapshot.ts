import { monotonicNow, toWallClock } from '../../domain/clock.ts';
import type { CameraState } from '../../domain/cameras/camera.ts';
import { PortholeError, problemError } from '../../domain/errors.ts';
import type { Frame } from '../../domain/media/frame.ts';
import type { Rendition } from '../../domain/media/rendition.ts';
import type { FrameSource } from '../../fanout/frame-source.ts';

/** What snapshots need of the cameras. */
export interface StillSource extends FrameSource {
  /**
   * Resolves when the camera is live.
   *
   * @throws {PortholeError} why it cannot be.
   */
  untilLive(cameraId: string, options: { readonly signal: AbortSignal }): Promise<void>;
  /** The camera and its state. */
  get(cameraId: string): { readonly state: CameraState };
}

/** One still image. */
export interface Snapshot {
  /** A whole JPEG. */
  readonly bytes: Buffer;
  /** Milliseconds since the epoch. */
  readonly capturedAt: number;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/** How {@link takeSnapshot} works. */
export interface SnapshotOptions {
  readonly signal: AbortSignal;
  /** True to take only a frame that is captured after the call; false (default) to take the newest one. */
  readonly fresh?: boolean;
}

/** How long a live camera may take to deliver a frame, in milliseconds. */
const limit = 8_000;

/**
 * Takes one frame: opens the camera if necessary, and waits for its first frame.
 *
 * @throws {PortholeError} why there is no frame.
 */
export async function takeSnapshot(
  cameras: StillSource,
  cameraId: string,
  rendition: Rendition,
  { signal, fresh = false }: SnapshotOptions,
): Promise<Snapshot> {
  const since = fresh ? monotonicNow() : -Infinity;
  const { promise, resolve, reject } = Promise.withResolvers<Frame>();
  promise.catch(() => undefined);
  const unsubscribe = cameras.subscribe(cameraId, rendition, {
    offer: (frame) => {
      if (frame.capturedAt >= since) resolve(frame);
    },
  });
  try {
    const stop = AbortSignal.any([signal, AbortSignal.timeout(limit)]);
    const giveUp = (): void => {
      try {
        reject(whyNoFrame(cameras.get(cameraId).state));
      } catch (error) {
        reject(error); // the camera was removed
      }
    };
    if (stop.aborted) giveUp();
    else stop.addEventListener('abort', giveUp, { once: true });
    await Promise.race([cameras.untilLive(cameraId, { signal: stop }), promise]);
    const { bytes, capturedAt, width, height } = await promise;
    return { bytes, capturedAt: toWallClock(capturedAt), width, height };
  } finally {
    unsubscribe();
  }
}

/** Why a camera in this state has delivered no frame in time. */
function whyNoFrame(state: CameraState): PortholeError {
  if (state.kind === 'reconnecting') return problemError(state.problem);
  const warning = state.kind === 'live' ? state.warning : undefined;
  const key = typeof warning === 'object' ? warning.key : null;
  const code = (['video_damaged', 'video_unsupported'] as const).find((each) => key === `error_${each}`);
  return new PortholeError(code ?? 'camera_silent');
}

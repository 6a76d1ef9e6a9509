import { expect, it } from 'vitest';
import type { CameraState } from '../../domain/cameras/camera.ts';
import { sourceRendition } from '../../domain/media/rendition.ts';
import { takeSnapshot } from './snapshot.ts';

it('is not waited for if the time was over before the camera was asked', async () => {
  let subscriptions = 0;
  const silent = {
    subscribe: () => {
      subscriptions += 1;
      return () => (subscriptions -= 1);
    },
    requestKeyframe: () => undefined,
    untilLive: () => Promise.resolve(),
    get: () => ({ state: { kind: 'live' } as CameraState }),
  };
  const taken = takeSnapshot(silent, 'front', sourceRendition, { signal: AbortSignal.abort() });
  await expect(taken).rejects.toMatchObject({ code: 'camera_silent' });
  expect(subscriptions).toBe(0);
});

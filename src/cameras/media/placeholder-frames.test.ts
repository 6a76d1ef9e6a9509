import { expect, it, vi } from 'vitest';
import type { Frame } from '../../domain/media/frame.ts';
import { Broadcast } from '../../fanout/broadcast.ts';
import { fakeFrame } from '../lifecycle/testing.ts';
import { PlaceholderFrames } from './placeholder-frames.ts';

const opening = { kind: 'opening', since: 0 } as const;

/** A Broadcast, and what its viewer is offered while no frame comes. */
function watched(id: number): { readonly broadcast: Broadcast; readonly shown: readonly Frame[] } {
  const broadcast = new Broadcast(id, { codec: 'jpeg', width: 320 });
  const shown: Frame[] = [];
  broadcast.subscribe({ offer: () => undefined, offerPlaceholder: (frame) => shown.push(frame) });
  return { broadcast, shown };
}

it('a notice that is ready only after the camera has come back is not shown', async () => {
  const placeholders = new PlaceholderFrames();
  const [back, away] = [watched(1), watched(2)];
  for (const { broadcast } of [back, away]) placeholders.offer(broadcast, 'Front', opening, null);
  back.broadcast.publish(fakeFrame());
  await vi.waitFor(() => expect(away.shown).toHaveLength(1), 20_000);
  expect(back.shown).toEqual([]);
});

it('a notice has the present name of the camera', async () => {
  const placeholders = new PlaceholderFrames();
  const { broadcast, shown } = watched(1);
  for (const name of ['Front', 'Garden']) {
    const { length } = shown;
    placeholders.offer(broadcast, name, opening, null);
    await vi.waitFor(() => expect(shown).toHaveLength(length + 1), 20_000);
  }
  expect(shown[0]?.bytes.equals(shown[1]?.bytes ?? Buffer.alloc(0))).toBe(false);
});

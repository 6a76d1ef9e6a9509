import type { Ptz, PtzSpeed } from '../../domain/cameras/ptz.ts';

/** A request to a device. */
export type PtzRequest =
  | {
      readonly kind: 'move';
      readonly speed: PtzSpeed;
      /** Milliseconds after which the device stops on its own, if it can. */
      readonly timeout: number;
    }
  | { readonly kind: 'stop' }
  | { readonly kind: 'preset'; readonly id: string };

/** An answer of the thread: first how the device can be moved, null if it cannot; then once for each request. */
export type PtzReply =
  { readonly ok: true; readonly ptz?: Ptz | null } | { readonly ok: false; readonly detail: string };

import type { CameraInfo } from './camera.ts';

/** A network camera that has answered a search. */
export interface FoundNetworkCamera {
  /** Its IP address. */
  readonly address: string;
  /** What it calls itself; its address if it doesn't. */
  readonly name: string;
  /** Its model; empty if unknown. */
  readonly model: string;
  /** The camera with this host, if it has been added. */
  readonly camera: Pick<CameraInfo, 'id' | 'name'> | null;
}

import type { TransportKind } from './better-transport.ts';
import { mseTransport } from './mse-transport.ts';
import type { Better } from './transport-choice.ts';
import { webRtcTransport } from './webrtc-transport.ts';

/** Every kind of transport; `betterTransports` gives the order in which they are tried. */
export const transportKinds: Readonly<Partial<Record<Better, TransportKind>>> = {
  webrtc: webRtcTransport,
  h264: mseTransport,
};

import { mseTransport } from './mse-transport.ts';
import type { VideoTransportName } from './transport-choice.ts';
import type { TransportKind } from './video-transport.ts';
import { webRtcTransport } from './webrtc-transport.ts';

/** Every kind of transport. `videoTransports` has their order of preference. */
export const transportKinds: Readonly<Record<VideoTransportName, TransportKind>> = {
  webrtc: webRtcTransport,
  h264: mseTransport,
};

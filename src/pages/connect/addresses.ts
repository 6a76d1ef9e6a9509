import type { Size } from '../../domain/media/size.ts';

/** Stands for the token in addresses until there is one. */
export const tokenPlaceholder = 'TOKEN';

/** Options of {@link cameraAddresses}. */
export interface AddressParts {
  /** Scheme and host, such as `https://cam.example.org`. */
  readonly server: string;
  /** The camera's id. */
  readonly id: string;
  /** The token in each address; null if none is needed. */
  readonly token: string | null;
  readonly width: number | 'source';
  /** The maximum frame rate, for MJPEG. */
  readonly fps: number | null;
  /** Scheme, host and port of RTSP, such as `rtsp://cam.example.org:8554`; null where it isn't served. */
  readonly rtsp: string | null;
}

/** A camera's addresses for programs and pages. */
export interface CameraAddresses {
  readonly mjpeg: string;
  readonly snapshot: string;
  readonly hls: string;
  readonly mp4: string;
  readonly whep: string;
  /** Null where RTSP isn't served. */
  readonly rtsp: string | null;
  /** OctoPrint's form of WebRTC, with the scheme `webrtc:` or `webrtcs:`. */
  readonly octoprintWebRtc: string;
  /** The page for frames of other sites. */
  readonly embed: string;
}

/** Builds the addresses. */
export function cameraAddresses({ server, id, token, width, fps, rtsp }: AddressParts): CameraAddresses {
  const size = width === 'source' ? [] : [`width=${width}`];
  const secret = token === null ? [] : [`token=${token}`];
  const path = (file: string) => `${server}/cameras/${encodeURIComponent(id)}/${file}`;
  const join = (address: string, parameters: readonly string[]) =>
    parameters.length === 0 ? address : `${address}?${parameters.join('&')}`;
  return {
    mjpeg: join(path('stream.mjpeg'), [...size, ...(fps === null ? [] : [`fps=${fps}`]), ...secret]),
    snapshot: join(path('snapshot.jpg'), [...size, ...secret]),
    hls: join(path('index.m3u8'), [...size, ...secret]),
    mp4: join(path('live.mp4'), [...size, ...secret]),
    whep: join(path('whep'), [...size, ...secret]),
    rtsp: rtsp === null ? null : join(`${rtsp}/${encodeURIComponent(id)}`, [...size, ...secret]),
    octoprintWebRtc: join(`${server.replace(/^http/, 'webrtc')}/webrtc`, [
      `camera=${encodeURIComponent(id)}`,
      ...size,
      ...secret,
    ]),
    embed: join(path('embed'), [...size, ...secret]),
  };
}

/** The size of a frame in another page: the chosen width, or a usual one, in the camera's aspect ratio. */
export function frameSize(width: number | 'source', size: Size | null): Size {
  const wide = width === 'source' ? Math.min(size?.width ?? 640, 1280) : width;
  const ratio = size === null ? 9 / 16 : size.height / size.width;
  return { width: wide, height: Math.round(wide * ratio) };
}

/** An aspect ratio in lowest terms, such as `16:9`. */
export function aspectRatio(size: Size | null): string {
  if (size === null) return '16:9';
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  const most = divisor(size.width, size.height);
  return `${size.width / most}:${size.height / most}`;
}

/** True for an address that only this machine reaches. */
export function isLoopback(server: string): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(URL.parse(server)?.hostname ?? '');
}

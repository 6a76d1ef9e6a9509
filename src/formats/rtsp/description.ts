import { beyondLimit, cameraLimits } from '../../domain/cameras/camera-limits.ts';
import { sentence } from '../../messages/sentence.ts';

/** One medium of a stream's description (SDP, RFC 8866, as RTSP uses it: RFC 2326, appendix C). */
export interface DescribedTrack {
  readonly type: 'video' | 'audio';
  /** The URLs under which the server may know the track, the most likely one first. */
  readonly urls: readonly string[];
  /** The encoding's name of RTP in upper case, such as `H264`; empty if the description does not name it. */
  readonly encoding: string;
  /** RTP's payload types that the description lists for the track. */
  readonly payloadTypes: readonly number[];
  /** Ticks of RTP's clock per second; null if the description does not tell. */
  readonly rate: number | null;
  /** Channels of audio. */
  readonly channels: number;
  /** The format's parameters (`a=fmtp`), names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Frames per second of video (`a=framerate`); null if the description does not tell. */
  readonly fps: number | null;
}

/** The stream that an RTSP server describes. */
export interface Description {
  /** The tracks that Porthole wants: one video, and one audio if there is one. */
  readonly tracks: readonly DescribedTrack[];
  /** The URLs under which the server may know the whole stream, the most likely one first. */
  readonly urls: readonly string[];
  /** The description of these tracks alone, in which `localUrl/0`, `localUrl/1` and so on are their URLs. */
  readonly text: string;
}

/** Options of reading a description. */
export interface DescriptionOptions {
  /** The URL that was requested. */
  readonly url: string;
  /** The header `Content-Base`, or `Content-Location`. Cameras leave it empty, or without scheme. */
  readonly base: string | undefined;
  /** The URL that the tracks get. */
  readonly localUrl: string;
  /** False to leave audio out. */
  readonly audio: boolean;
}

const absolute = /^rtsps?:\/\/[^/]/i;

/**
 * Reads a description. The URLs in it may name another host, usually the camera's address behind a router. They are
 * what the server expects in requests, but say nothing about where it is.
 *
 * @throws {PortholeError} `source_beyond_limits` for more tracks than {@link cameraLimits.tracks}.
 */
export function readDescription(sdp: string, { url, base, localUrl, audio }: DescriptionOptions): Description {
  const [session = [], ...sections] = sectionsOf(sdp);
  if (sections.length > cameraLimits.tracks) {
    throw beyondLimit(
      sentence('camera_beyond_tracks', { count: sections.length }),
      sentence('camera_beyond_up_to', { size: cameraLimits.tracks }),
    );
  }
  const written = attribute(session, 'control') ?? '*';
  const declared = base !== undefined && absolute.test(base) ? base : url;
  const root = absolute.test(written) ? written : declared;
  const whole = absolute.test(written) || written === '*' || written === '' ? root : join(declared, written);

  const videos = sections.filter((lines) => typeOf(lines) === 'video');
  // No camera receives video: one that says so means by it that it sends, also of its audio.
  const isReversed = videos.some(wantsToReceive);
  const audios = sections.filter((lines) => typeOf(lines) === 'audio' && (isReversed || !wantsToReceive(lines)));
  const wanted = [...videos.slice(0, 1), ...audios.slice(0, audio ? 1 : 0)];
  const tracks = wanted.map((lines): DescribedTrack => {
    const control = attribute(lines, 'control') ?? '*';
    const resolve = (from: string): string => {
      if (absolute.test(control)) return control;
      return control === '*' || control === '' ? from : join(from, control);
    };
    const first = resolve(root);
    return {
      type: typeOf(lines) as 'video' | 'audio',
      urls: [...new Set([first, withHostOf(url, first), resolve(url), resolve(whole)])],
      ...formatOf(lines),
      payloadTypes: payloadTypesOf(lines),
      parameters: parametersOf(lines),
      fps: rateOf(lines),
    };
  });
  const kept = wanted.map((lines, at) => [...lines.filter(isKept), `a=control:${localUrl}/${at}`]);
  return {
    tracks,
    urls: [...new Set([whole, withHostOf(url, whole), url])],
    text: `${[...session.filter(isKept), ...kept.flat()].join('\r\n')}\r\n`,
  };
}

/** The lines of the session, then those of each medium. */
function sectionsOf(sdp: string): string[][] {
  const sections: string[][] = [[]];
  for (const line of sdp.split(/[\r\n\0]+/)) {
    if (line.startsWith('m=')) sections.push([]);
    if (/^[a-z]=/.test(line)) sections.at(-1)?.push(line);
  }
  return sections;
}

/** Addresses and URLs of the camera do not matter to the reader of the rewritten description. */
function isKept(line: string): boolean {
  return !/^c=|^a=control:|^a=control$/i.test(line);
}

function typeOf([line = '']: readonly string[]): string {
  return /^m=(\w+)/.exec(line)?.[1]?.toLowerCase() ?? '';
}

function attribute(lines: readonly string[], name: string): string | undefined {
  const start = `a=${name}:`;
  return lines
    .find((line) => line.toLowerCase().startsWith(start))
    ?.slice(start.length)
    .trim();
}

/** True for media that the camera wants to receive (ONVIF Streaming Specification, section 5.3). */
function wantsToReceive(lines: readonly string[]): boolean {
  return lines.some((line) => /^a=sendonly\s*$/i.test(line));
}

function payloadTypesOf([line = '']: readonly string[]): number[] {
  return (/^m=\S+ +\S+ +\S+((?: +\d+)+)/.exec(line)?.[1] ?? '').trim().split(/ +/).filter(Boolean).map(Number);
}

/** Formats that need no description (RFC 3551, section 6). */
const staticFormats: Readonly<Record<number, Format>> = {
  0: { encoding: 'PCMU', rate: 8_000, channels: 1 },
  8: { encoding: 'PCMA', rate: 8_000, channels: 1 },
  26: { encoding: 'JPEG', rate: 90_000, channels: 1 },
};
type Format = Pick<DescribedTrack, 'encoding' | 'rate' | 'channels'>;

/** The encoding, clock and channels of the first payload type (`a=rtpmap`, RFC 8866, section 6.6). */
function formatOf(lines: readonly string[]): Format {
  const [payload] = payloadTypesOf(lines);
  const map = lines.find((line) => line.toLowerCase().startsWith(`a=rtpmap:${payload} `));
  const [, encoding = '', rate = '', channels = ''] =
    /^\S+ +([^/\s]+)(?:\/(\d{1,9}))?(?:\/(\d{1,3}))?/.exec(map ?? '') ?? [];
  if (encoding === '') return staticFormats[payload ?? -1] ?? { encoding, rate: null, channels: 1 };
  return { encoding: encoding.toUpperCase(), rate: Number(rate) || null, channels: Number(channels) || 1 };
}

/** Parameters of the first payload type (`a=fmtp`, RFC 8866, section 6.15). */
function parametersOf(lines: readonly string[]): Map<string, string> {
  const [payload] = payloadTypesOf(lines);
  const start = `a=fmtp:${payload} `;
  const line = lines.find((each) => each.toLowerCase().startsWith(start)) ?? '';
  const parameters = new Map<string, string>();
  for (const each of line.slice(start.length).split(';')) {
    const [name = '', ...value] = each.split('=');
    if (name.trim() !== '') parameters.set(name.trim().toLowerCase(), value.join('=').trim());
  }
  return parameters;
}

function rateOf(lines: readonly string[]): number | null {
  const rate = Number(/^\d{1,4}(?:\.\d{1,6})?/.exec(attribute(lines, 'framerate') ?? '')?.[0] ?? 0);
  return rate > 0 && rate <= cameraLimits.rate ? rate : null;
}

/** Appends a relative URL as cameras expect it: behind the whole base, also if that has a query. */
function join(base: string, relative: string): string {
  return `${base}${base.endsWith('/') || relative.startsWith('/') ? '' : '/'}${base.endsWith('/') ? relative.replace(/^\//, '') : relative}`;
}

function withHostOf(url: string, other: string): string {
  const authority = /^[a-z]+:\/\/[^/?#]*/i;
  return other.replace(authority, authority.exec(url)?.[0] ?? '');
}

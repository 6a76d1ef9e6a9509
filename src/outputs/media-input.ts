import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { parseWidth } from '../cameras/width-input.ts';
import { PortholeError } from '../domain/errors.ts';
import { queryValue } from '../http/requests.ts';

const fpsRange = [0.1, 240] as const;

// The parameters of media URLs as the API describes them. They are parsed below, since aliases have other names for them.

/** `width` */
export const widthParameter = Type.Optional(
  Type.Unknown({ description: 'Pixels, or "source"; snaps to the next width that the camera offers.' }),
);
/** `audio` */
export const audioParameter = Type.Optional(
  Type.Unknown({ description: '1 with audio, if the camera has it; 0, the default, without.' }),
);
/** `token` */
export const tokenParameter = Type.Optional(
  Type.Unknown({ description: 'An API token, for clients that cannot send headers.' }),
);

/** The parameters of a media URL. Unknown parameters are ignored, since clients append their own. */
export interface MediaInput {
  readonly width: number | 'source';
  /** The highest frame rate, in frames per second. */
  readonly fps: number | undefined;
  /** True if audio is wanted too. */
  readonly audio: boolean;
}

/**
 * Parses `width` (or go2rtc's `w`, camera-streamer's `res=low`), `fps` and `audio` of a media URL.
 *
 * @throws {PortholeError} `invalid_input`, naming the field.
 */
export function mediaInput(request: FastifyRequest): MediaInput {
  const low = queryValue(request, 'res')?.toLowerCase() === 'low' ? 640 : undefined;
  const width = parseWidth(queryValue(request, 'width') ?? queryValue(request, 'w')) ?? low ?? 'source';
  return { width, fps: parseFps(queryValue(request, 'fps')), audio: parseAudio(queryValue(request, 'audio')) };
}

/** Clients of go2rtc list the codecs that they could play. */
const codecNames = /^(all|any|aac|opus|mp3|flac|pcma|pcmu|pcml?)(,(aac|opus|mp3|flac|pcma|pcmu|pcml?))*$/i;

function parseAudio(text: string | undefined): boolean {
  if (text === undefined || text === '' || text === '0') return false;
  if (text === '1' || codecNames.test(text)) return true;
  throw new PortholeError('invalid_input', { field: 'audio', message: 'audio is 1 (with audio) or 0 (without).' });
}

function parseFps(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const fps = /^\d{1,3}(\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  const [least, most] = fpsRange;
  if (fps >= least && fps <= most) return fps;
  throw new PortholeError('invalid_input', {
    field: 'fps',
    message: `fps is a number of frames per second from ${least} to ${most}.`,
  });
}

import type { FastifyRequest } from 'fastify';
import { PortholeError } from '../domain/errors.ts';
import { queryValue } from '../http/requests.ts';

const widthRange = [16, 7680] as const;
const fpsRange = [0.1, 240] as const;

/**
 * A width as people and programs write it: pixels, or `source`; undefined when none is given.
 *
 * @throws {PortholeError} `invalid_input` for the field `width`.
 */
export function parseWidth(text: string | number | undefined): number | 'source' | undefined {
  if (text === undefined || text === '') return undefined;
  if (text === 'source') return 'source';
  const width = typeof text === 'number' || /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  const [least, most] = widthRange;
  if (Number.isInteger(width) && width >= least && width <= most) return width;
  throw new PortholeError('invalid_input', {
    field: 'width',
    message: `width is a whole number of pixels from ${least} to ${most}, or "source".`,
  });
}

/** What a media URL asks for; unknown parameters are ignored, as clients append their own. */
export interface MediaInput {
  readonly width: number | 'source';
  readonly fps: number | undefined;
  /** True if sound is wanted too. */
  readonly audio: boolean;
}

/**
 * Reads `width` (or go2rtc's `w`, camera-streamer's `res=low`), `fps` and `audio` of a media URL.
 *
 * @throws {PortholeError} `invalid_input`, naming the field.
 */
export function mediaInput(request: FastifyRequest): MediaInput {
  const low = queryValue(request, 'res')?.toLowerCase() === 'low' ? 640 : undefined;
  const width = parseWidth(queryValue(request, 'width') ?? queryValue(request, 'w')) ?? low ?? 'source';
  return { width, fps: parseFps(queryValue(request, 'fps')), audio: parseAudio(queryValue(request, 'audio')) };
}

/** What clients of go2rtc write there: the codecs that they would play. */
const codecNames = /^(all|any|aac|opus|mp3|flac|pcma|pcmu|pcml?)(,(aac|opus|mp3|flac|pcma|pcmu|pcml?))*$/i;

function parseAudio(text: string | undefined): boolean {
  if (text === undefined || text === '' || text === '0') return false;
  if (text === '1' || codecNames.test(text)) return true;
  throw new PortholeError('invalid_input', { field: 'audio', message: 'audio is 1 with sound, or 0 without.' });
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

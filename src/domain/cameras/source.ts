import type { ControlValues } from './control.ts';
import { PortholeError } from '../errors.ts';
import { type Sentence, sentence } from '../../messages/sentence.ts';

/** Where a Camera's frames come from, parsed. */
export type Source =
  | { readonly kind: 'test'; readonly width: number; readonly height: number; readonly fps: number }
  | {
      readonly kind: 'v4l2';
      /** A path below /dev. */
      readonly path: string;
      /** The wanted Mode; missing parts are chosen. */
      readonly width?: number;
      readonly height?: number;
      readonly fps?: number;
      /** FFmpeg's name of a pixel format or codec: `mjpeg`, `yuyv422`, `h264`. */
      readonly format?: string;
      /** Its microphone, by ALSA's name of the hardware device: `hw:1,0`. */
      readonly microphone?: string;
    }
  | { readonly kind: 'rtsp'; readonly url: string }
  | {
      readonly kind: 'http';
      readonly url: string;
      /** How many times a second the address of a single JPEG is requested. */
      readonly fps?: number;
    }
  | {
      readonly kind: 'file';
      /** As written; relative paths are relative to the working folder. */
      readonly path: string;
    };

/** The Source of one kind. */
export type SourceOf<Kind extends Source['kind']> = Extract<Source, { readonly kind: Kind }>;

/** A Source that has been checked, with what opening it needs. */
export interface ResolvedSource<S extends Source = Source> {
  readonly source: S;
  /** Of a network source: the addresses of its host, which have been checked. */
  readonly addresses?: readonly string[];
  /** Of a device: the values to set its controls to before its first frame. */
  readonly controls?: ControlValues;
  /** Of a device: true to open its largest Mode, whichever the source asks for. */
  readonly largest?: true;
}

/** The forms of a source, for messages. */
export const sourceForms =
  '/dev/video0, rtsp://…, rtsps://…, http://…, https://…, file:PATH or test: (with ?width=&height=&fps= for devices and test:)';

const limits = { width: [16, 7680], height: [16, 4320], fps: [1, 240] } as const;

/**
 * Parses a source as written on the command line or in Settings.
 *
 * @throws {PortholeError} `source_invalid`, saying which part is wrong.
 */
export function parseSource(text: string): Source {
  const trimmed = text.trim();
  if (trimmed.includes('\0')) throw invalid(sentence('source_nul'));
  if (trimmed.startsWith('/')) return parseDevice(trimmed);
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(trimmed)?.[1]?.toLowerCase();
  switch (scheme) {
    case 'test': {
      const options = parseOptions(trimmed.slice(5), ['width', 'height', 'fps']);
      return {
        kind: 'test',
        width: even(options.width ?? 1280),
        height: even(options.height ?? 720),
        fps: options.fps ?? 30,
      };
    }
    case 'rtsp':
    case 'rtsps':
      return { kind: 'rtsp', url: parseUrl(trimmed) };
    case 'http':
    case 'https':
      return parseHttp(parseUrl(trimmed));
    case 'file': {
      const path = trimmed.slice(5).replace(/^\/\/(?=\/)/, '');
      if (path === '') throw invalid(sentence('source_file_path'));
      return { kind: 'file', path };
    }
    default:
      throw invalid(sentence('source_unknown', { text: redactSource(trimmed), forms: sourceForms }));
  }
}

/** The size that a source is configured to have, in pixels; null if its frames decide. */
export function statedSize(source: Source): { readonly width: number; readonly height: number } | null {
  if (!('width' in source)) return null;
  const { width, height } = source;
  return width === undefined || height === undefined ? null : { width, height };
}

/**
 * The source as it may be shown. Cameras take names, passwords and tokens anywhere in an address, so only its scheme, host
 * and port are shown, and `/…` for the rest. Devices, files and the test pattern are shown as they are.
 */
export function redactSource(text: string): string {
  const written = text.trim();
  if (/^(?:\/(?!\/)|(?:file|test):)/i.test(written)) return written;
  const url = withEncodedLogin(written);
  if (isPlainUrl(url)) {
    const { protocol, host } = new URL(url);
    // Written in another way, it may only differ in case, the port of its scheme and a final slash.
    return /^[^:]+:\/\/[^/?#@]+\/?$/.test(url) ? written : `${protocol}//${host}/…`;
  }
  // Where its host begins and ends is unclear.
  const scheme = /^(?:(?:rtsp|http)s?(?=:)|[a-z][a-z\d+.-]*(?=:\/\/))/i.exec(written)?.[0];
  if (scheme !== undefined) return `${scheme}://…`;
  return /^[\w.-]{0,40}$/.test(written) ? written : '…';
}

/**
 * The whole source, if it was submitted as it was shown, or not at all.
 *
 * @param written the source as submitted
 * @param stored the source as stored
 * @throws {PortholeError} `source_invalid` if a source was changed in its shown form, so that the rest of it is unknown.
 */
export function restoreSecret(written: string, stored: string): string {
  if (written === '' || written === redactSource(stored)) return stored;
  if (/\/…$|•••/.test(written)) {
    throw invalid(sentence('source_hidden'));
  }
  return written;
}

/** Parses `http://…#fps=2`: a fragment, because the camera gets the query. Other fragments mean nothing. */
function parseHttp(url: string): Source {
  const written = /#(?:.*&)?fps=([^&]*)/.exec(url)?.[1];
  if (written === undefined) return { kind: 'http', url };
  const fps = Number(written);
  if (written === '' || !(fps >= 0.01 && fps <= 60)) {
    throw invalid(sentence('source_fps', { text: written }));
  }
  return { kind: 'http', url, fps };
}

function parseDevice(text: string): Source {
  const query = text.indexOf('?');
  const path = query === -1 ? text : text.slice(0, query);
  if (!/^\/dev\/[A-Za-z0-9._:@+,/-]+$/.test(path) || path.split('/').includes('..')) {
    const shown = redactSource(path);
    throw invalid(sentence('source_device', { text: shown }));
  }
  const { format, microphone, ...numbers } = parseOptions(query === -1 ? '' : text.slice(query), [
    'width',
    'height',
    'fps',
    'format',
    'microphone',
  ]);
  return {
    kind: 'v4l2',
    path,
    ...numbers,
    ...(format === undefined ? {} : { format }),
    ...(microphone === undefined ? {} : { microphone }),
  };
}

type Options = { width?: number; height?: number; fps?: number; format?: string; microphone?: string };

function parseOptions(query: string, allowed: readonly (keyof Options)[]): Options {
  if (query !== '' && !query.startsWith('?')) throw invalid(sentence('source_options', { text: query }));
  const options: Options = {};
  for (const [key, value] of new URLSearchParams(query)) {
    if (!(allowed as readonly string[]).includes(key)) {
      throw invalid(sentence('source_option', { key, options: allowed.join(', ') }));
    }
    if (key === 'format') {
      if (!/^[a-z0-9_]{2,20}$/.test(value)) throw invalid(sentence('source_format'));
      options.format = value;
    } else if (key === 'microphone') {
      // Only hardware devices: other ALSA names refer to a configuration, which may name files.
      if (!/^hw:[A-Za-z0-9_=,-]{1,60}$/.test(value)) {
        throw invalid(sentence('source_microphone'));
      }
      options.microphone = value;
    } else {
      options[key as keyof typeof limits] = parseNumber(key as keyof typeof limits, value);
    }
  }
  return options;
}

function parseNumber(key: keyof typeof limits, value: string): number {
  const [least, most] = limits[key];
  const number = Number(value);
  const whole = key === 'fps' || Number.isInteger(number);
  if (value === '' || !whole || !(number >= least && number <= most)) {
    throw invalid(sentence('source_number', { key, least, most, text: value }));
  }
  return number;
}

function parseUrl(text: string): string {
  const url = withEncodedLogin(text);
  // A password that is not encoded could be anywhere in the text, so the message does not repeat it.
  if (!isPlainUrl(url)) {
    throw invalid(sentence('source_address'));
  }
  if (new URL(url).hostname === '') throw invalid(sentence('source_host'));
  return url;
}

/**
 * True for a URL that every parser reads in the same way. What URL would mend (missing slashes, backslashes, blanks),
 * FFmpeg reads in another way and might connect elsewhere.
 */
function isPlainUrl(text: string): boolean {
  return /^[a-z]+:\/\/[^/\s\\][^\s\\]*$/i.test(text) && URL.canParse(text);
}

/** The text with its login percent-encoded, if it is a URL only then and the login can end at one place only. */
function withEncodedLogin(text: string): string {
  const [, scheme, user, rest = ''] = /^((?:rtsp|http)s?:\/\/)([^:/?#@\s]+):([^]*)$/i.exec(text) ?? [];
  if (scheme === undefined || user === undefined || isPlainUrl(text)) return text;
  const hosts = Array.from(rest.matchAll(/@(?=(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d+)?(?:[/?#]\S*)?$)/gi));
  const [host] = hosts;
  if (host === undefined || hosts.length > 1) return text;
  const login = [user, rest.slice(0, host.index)].map(encodeURIComponent).join(':');
  const encoded = `${scheme}${login}${rest.slice(host.index)}`;
  return isPlainUrl(encoded) ? encoded : text;
}

function even(value: number): number {
  return value - (value % 2);
}

function invalid(message: Sentence): PortholeError {
  return new PortholeError('source_invalid', { message, field: 'source' });
}

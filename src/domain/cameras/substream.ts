import { PortholeError, problemError } from '../errors.ts';
import { type Sentence, sentence } from '../../messages/sentence.ts';
import { cameraMakers } from './camera-makers.ts';
import { isNetwork, type NetworkSource } from './source-kinds.ts';
import { parseSource, restoreSecret, type Source } from './source.ts';

/**
 * Parses the sub-stream of a camera: the address of a second, smaller stream of the same network camera. On the host of
 * the main stream it has the same login, unless it has one of its own.
 *
 * @param text as written: a whole address, or the path of one on the host of the main stream
 * @throws {PortholeError} `source_invalid` with the field `substream`.
 */
export function parseSubstream(text: string, main: Source): NetworkSource {
  if (!isNetwork(main)) throw invalid(sentence('source_substream_network'));
  const source = parsed(fullAddress(text, main));
  if (!isNetwork(source)) throw invalid(sentence('source_substream_address'));
  const url = new URL(source.url);
  const { hostname, username, password } = new URL(main.url);
  if (url.hostname !== hostname || url.username !== '' || username === '') return source;
  const login = password === '' ? username : `${username}:${password}`;
  return { ...source, url: source.url.replace('//', () => `//${login}@`) };
}

/**
 * The sub-stream to store: null for none.
 *
 * @param written as submitted: a path or an address; the shown form of the stored one keeps it, and nothing removes it
 * @throws {PortholeError} `source_invalid` with the field `substream`.
 */
export function substreamToStore(written: string | null, stored: string | undefined, main: Source): string | null {
  const text = written?.trim() ?? '';
  if (text === '') return null;
  const restored = aboutSubstream(() => restoreSecret(text, stored ?? ''));
  if (restored === '') return null;
  const address = isNetwork(main) ? fullAddress(restored, main) : restored;
  parseSubstream(address, main);
  return address;
}

/** The address that a camera of a known maker has for its sub-stream, without login; null if none is known. */
export function likelySubstream(main: string): string | null {
  for (const { substreams = [] } of cameraMakers) {
    for (const [pattern, replacement] of substreams) {
      if (pattern.test(main)) return main.replace(/\/\/[^/?#]*@/, '//').replace(pattern, replacement);
    }
  }
  return null;
}

/** The path as an address on the host of the main stream, without login. */
function fullAddress(text: string, main: NetworkSource): string {
  const path = text.trim();
  if (!path.startsWith('/') || path.startsWith('//')) return path;
  return `${/^[^:]+:\/\//.exec(main.url)?.[0] ?? ''}${new URL(main.url).host}${path}`;
}

function parsed(text: string): Source {
  return aboutSubstream(() => parseSource(text));
}

/** Runs `read`, whose errors are about the field `substream`. */
function aboutSubstream<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PortholeError)) throw error;
    throw problemError({ ...error.toJSON(), field: 'substream' });
  }
}

function invalid(message: Sentence): PortholeError {
  return new PortholeError('source_invalid', { message, field: 'substream' });
}

/** The parts of a request's URL. */
export interface RequestTarget {
  /** The path, decoded, without slashes at its ends; empty for the whole server. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The number of the track in `trackID=`; null for the whole stream. */
  readonly track: number | null;
  /** The URL of the whole stream as it was written, but without name and password and with a slash at its end. */
  readonly base: string;
}

const wholeUrl = /^rtspu?s?:\/\/(?:[^/?#@]*@)?([^/?#]+)(?![^/?#])(.*)$/i;

/**
 * Reads the URL of a request. Clients append `trackID=` to the whole URL of the stream, also behind a query.
 *
 * @returns null for something else, and for `*`
 */
export function readTarget(uri: string): RequestTarget | null {
  const [, host, rest = ''] = wholeUrl.exec(uri) ?? [];
  if (host === undefined) return null;
  const [, before = '', number] = /^(.*?)\/?(?:trackID=(\d{1,3}))?\/?$/i.exec(rest) ?? [];
  const mark = before.indexOf('?');
  const [path, query] = mark === -1 ? [before, ''] : [before.slice(0, mark), before.slice(mark + 1)];
  return {
    path: decoded(path).replace(/^\/+|\/+$/g, ''),
    query: new URLSearchParams(query),
    track: number === undefined ? null : Number(number),
    base: `rtsp://${host}${before}/`,
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

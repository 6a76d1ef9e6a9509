const defaultPorts: Readonly<Record<string, string>> = { 'rtsp:': '554', 'rtsps:': '322' };

/** How many redirects in a row are followed. */
export const mostRedirects = { http: 10, rtsp: 3 } as const;

/**
 * Where a redirect leads if it is to another path of the same scheme, host and port: nothing else has been checked.
 *
 * @param url the camera's URL
 * @param isNews true if the same path may answer differently now, such as with a cookie
 * @returns the URL to request, with the name and password of `url`; null if the redirect must not be followed
 */
export function followRedirect(url: string, location: string | undefined, isNews = false): string | null {
  const target = location?.trim() ?? '';
  if (target === '' || !URL.canParse(target, url)) return null;
  const [from, to] = [new URL(url), new URL(target, url)];
  const isHere = from.protocol === to.protocol && from.hostname === to.hostname && portOf(from) === portOf(to);
  const path = `${to.pathname}${to.search}`;
  if (!isHere || (!isNews && path === `${from.pathname}${from.search}`)) return null;
  return `${/^[a-z]+:\/\/[^/?#]*/i.exec(url)?.[0] ?? ''}${path}`;
}

function portOf({ protocol, port }: URL): string {
  return port || (defaultPorts[protocol] ?? '');
}

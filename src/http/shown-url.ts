/** Parameters whose values are logged. Clients put secrets into any other, and the name may be encoded. */
const harmless = new Set(['width', 'w', 'fps', 'res', 'audio', 'view', 'camera', 'action', 'before', 'page', '_']);
/** The ASCII characters that a percent encoding stands for. */
const encoded = /%([2-7][\da-f])/gi;
/** Clients encode twice, or mangle an address that is part of another. */
const mostDecodings = 5;

/**
 * A URL as it may be logged: the path, and of the query the values that are known to be no secret. Everything is compared
 * as decoded, since routes and parameters work in every encoding.
 */
export function shownUrl(url: string): string {
  const [path = '', ...rest] = plain(url).split(/([?&;#])/);
  // A parameter that has slipped into the path, as in "/stream&token=…" or "/token=…".
  const shown = path.replace(/=[^/]*/g, '=•••').replace(/\bporthole_[\w-]+/g, '•••');
  return shown + rest.map((part) => (/^[?&;#]?$/.test(part) ? part : shownParameter(part))).join('');
}

/** The path of a URL as it may be logged. */
export function shownPath(url: string): string {
  return /^[^?&;#]*/.exec(shownUrl(url))?.[0] ?? '';
}

function shownParameter(parameter: string): string {
  const [, name = '', value = ''] = /^([a-z_]{1,20})=(.*)$/is.exec(parameter) ?? [];
  if (name === '') return '•••';
  const isPlain = harmless.has(name.toLowerCase()) && /^[\w.:-]{0,60}$/.test(value) && !value.includes('porthole_');
  return `${name}=${isPlain ? value : '•••'}`;
}

function plain(url: string): string {
  let text = url;
  for (let left = mostDecodings; left > 0; left -= 1) {
    const next = text.replace(encoded, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
    if (next === text) return text;
    text = next;
  }
  // Still encoded: nobody needs to read it.
  return text.replace(/%.*/s, '•••');
}

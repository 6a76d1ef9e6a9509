import { isNetwork } from './source-kinds.ts';
import { redactSource, type Source } from './source.ts';

/** Names of parameters whose values sign in. */
const secretName = /user|login|account|pass|pwd|token|auth|key|secret|sig|code|session|sid/i;
/** A shorter word may occur in a text for another reason. */
const shortest = { password: 3, path: 5, word: 12 };
/** Parameters in a text that a camera or FFmpeg wrote. */
const parameters =
  /\b((?:user(?:name)?|login|pass(?:w(?:or)?d)?|pwd|(?:access_?)?token|auth|api_?key|key|secret|sig)=)[^\s&;,'"]+/gi;
const addresses = /\b[a-z][a-z\d+.-]*:\/\/[^\s'"<>()]+/gi;

/** Takes the parts of a source's address that may sign in out of texts. */
export interface AddressHider {
  /** A text of others, such as FFmpeg: hides every address and parameter. */
  readonly line: (text: string) => string;
  /** A sentence of our own, which may quote the camera: hides the secrets of this address only. */
  readonly sentence: (text: string) => string;
}

/**
 * Hides the address of a source: cameras repeat it in their answers, and FFmpeg prints parts of it.
 *
 * @param source its URL may have a login, a path and a query
 */
export function hiderOf(source: Source): AddressHider {
  const secrets = isNetwork(source) ? secretsOf(source.url) : [];
  const pattern = new RegExp(secrets.map((secret) => secret.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
  const sentence = (text: string): string => (secrets.length === 0 ? text : text.replace(pattern, '…'));
  const line = (text: string): string =>
    sentence(text.replace(addresses, (address) => redactSource(address))).replace(parameters, '$1…');
  return { line, sentence };
}

/** Every part of a URL that may be a secret, as written and decoded, the longest first. */
function secretsOf(url: string): readonly string[] {
  const { username, password, pathname, search, hash } = new URL(url);
  const segments = pathname.split('/');
  const given = [...search.matchAll(/([^?&;=]+)=([^&;]+)/g), ...hash.matchAll(/([^#&;=]+)=([^&;]+)/g)];
  const inPath = segments.flatMap((segment) => Array.from(segment.matchAll(/(?<=([^=&;]*))=([^=&;]+)/g)));
  // In "user=admin_password=secret_channel=1" a value ends at the underscore, if it has none itself.
  const values = [...given, ...inPath].flatMap(([, name = '', value = '']) =>
    secretName.test(name) ? [value, value.replace(/_[^_]*$/, '')] : [],
  );
  const long = [...segments, ...given.map(([, , value = '']) => value), search.slice(1), hash.slice(1)];
  const all = [
    ...[pathname + search, pathname].filter((part) => part.length >= shortest.path),
    ...[password, ...values].filter((part) => part.length >= shortest.password),
    ...[password === '' ? username : '', ...long].filter((part) => part.length >= shortest.word || part.includes('=')),
  ];
  const both = all.flatMap((part) => [part, decoded(part)]);
  return [...new Set(both)].sort((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

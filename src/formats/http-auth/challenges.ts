/** A challenge of a server: one method of signing in (RFC 9110, section 11.3). */
export interface Challenge {
  /** In lower case: `basic`, `digest`, or one that we do not speak. */
  readonly scheme: string;
  /** Parameters by their names in lower case, without quotes and escapes. One character stands for one byte. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The realm with its escapes, if it has any: some cameras sign it as they write it. */
  readonly writtenRealm?: string;
}

const separator = /[\s,;]*/y;
const name = /([\w!#$%&'*+.^`|~-]+)[ \t]*(=?)/y;
/** A value without quotes. Blanks belong to it unless the next parameter or challenge follows. */
const bare = /[^\s,;]*(?:[ \t]+(?!(?:basic|digest)[ \t]|[\w-]+[ \t]*=)[^\s,;]+)*/iy;
/** The longest quoted value, in characters. Without this limit, each of many quotes is compared with all later ones. */
const longestQuoted = 2_048;
/** Behind a closing quote: the end, the next parameter or scheme, or the next parameter without a comma. */
const afterQuote = /[ \t]*(?:$|[,;][\s,;]*(?:$|[\w-]+[ \t]*=|[A-Za-z-]+[ \t]+[\w-]+[ \t]*=|[A-Za-z-]+$)|[\w-]+=)/y;

/**
 * Parses the values of `WWW-Authenticate` headers. It accepts what cameras write: several challenges in one header or
 * in several, parameters without quotes or commas, quotes inside quotes. Never fails: anything else is skipped.
 *
 * @param headers one value per header line, one character per byte (latin1)
 */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap(parseHeader);
}

function parseHeader(header: string): Challenge[] {
  const found: { scheme: string; parameters: Map<string, string>; writtenRealm?: string }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < header.length) {
    take(separator);
    const [, word = '', equals] = take(name) ?? [];
    if (word === '') {
      at += 1;
    } else if (equals === '') {
      found.push({ scheme: word.toLowerCase(), parameters: new Map() });
    } else {
      take(/[ \t]*/y);
      const start = at;
      const value = header[at] === '"' ? quoted(header, at) : null;
      const text = value?.text ?? take(bare)?.[0] ?? '';
      if (value !== null) at = value.end;
      const challenge = found.at(-1);
      if (challenge?.parameters.has(word.toLowerCase()) !== false) continue;
      challenge.parameters.set(word.toLowerCase(), text);
      const written = value === null ? text : header.slice(start + 1, at - 1);
      if (word.toLowerCase() === 'realm' && written !== text) challenge.writtenRealm = written;
    }
  }
  return found;
}

/** Reads the quoted string at `start`. Cameras leave quotes inside unescaped, so only some quotes can close it. */
function quoted(header: string, start: number): { text: string; end: number } {
  const last = Math.min(header.length, start + longestQuoted);
  for (let at = start + 1; at < last; at += 1) {
    if (header[at] === '\\') {
      at += 1;
      continue;
    }
    if (header[at] !== '"') continue;
    afterQuote.lastIndex = at + 1;
    if (afterQuote.test(header)) return { text: unescaped(header.slice(start + 1, at)), end: at + 1 };
  }
  const rest = header.indexOf('"', start + 1);
  const end = rest === -1 ? header.length : rest;
  return { text: unescaped(header.slice(start + 1, end)), end: end + 1 };
}

/** Backslashes that escape neither a quote nor a backslash are part of the value, as in `realm="HOME\camera"`. */
function unescaped(text: string): string {
  return text.replace(/\\(["\\])/g, '$1');
}

/**
 * The same challenges with other readings of their realms: with escapes, and in UTF-8 although it was sent in ISO 8859-1.
 * Empty for a realm that can be read in one way only.
 */
export function otherReadings(challenges: readonly Challenge[]): Challenge[][] {
  const { parameters, writtenRealm } = challenges.find(({ scheme }) => scheme === 'digest') ?? {};
  const realm = parameters?.get('realm') ?? '';
  const readings = [realm, writtenRealm ?? realm].flatMap((text) => [text, Buffer.from(text).toString('latin1')]);
  return [...new Set(readings)]
    .filter((reading) => reading !== realm)
    .map((reading) =>
      challenges.map((each) => ({ ...each, parameters: new Map([...each.parameters, ['realm', reading]]) })),
    );
}

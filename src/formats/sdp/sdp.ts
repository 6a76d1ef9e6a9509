import { PortholeError } from '../../domain/errors.ts';

/** Limits that no browser's description reaches. */
const mostSections = 32;
const mostLines = 4_000;
const token = /^[\w!#$%&'*+.^`{|}~-]{1,64}$/;

/** A media section: from one `m=` line to the next (RFC 8866, section 5.14). */
export interface MediaSection {
  /** `video`, `audio`, `application`. */
  readonly kind: string;
  /** Such as `UDP/TLS/RTP/SAVPF`. */
  readonly protocol: string;
  /** Payload types, or the equivalent of another protocol. */
  readonly formats: readonly string[];
  /** The section's identifier (RFC 5888); empty if it has none. */
  readonly mid: string;
  readonly attributes: readonly Attribute[];
}

/** A line `a=name:value`. */
export interface Attribute {
  readonly name: string;
  /** Empty if the attribute has no value. */
  readonly value: string;
}

/** A parsed session description. */
export interface Description {
  /** The attributes before the first section. */
  readonly attributes: readonly Attribute[];
  readonly sections: readonly MediaSection[];
}

/**
 * Parses a session description (RFC 8866), as far as WebRTC needs it.
 *
 * @throws {PortholeError} `invalid_input` if it can't be parsed.
 */
export function parseDescription(text: string): Description {
  const lines = splitLines(text);
  if (lines[0] !== 'v=0') throw badSdp('it has to begin with v=0');
  const description = takeApart(lines);
  if (description.sections.length === 0) throw badSdp('it has no media section (m=)');
  const named = description.sections.map(({ mid }) => mid).filter((mid) => mid !== '');
  if (new Set(named).size < named.length) throw badSdp('two media sections have the same mid');
  return description;
}

/**
 * Parses a fragment of a description, as clients send it for trickle ICE (RFC 8840, section 9).
 *
 * @throws {PortholeError} `invalid_input` if it can't be parsed.
 */
export function parseFragment(text: string): Description {
  return takeApart(splitLines(text));
}

/** The first value of an attribute; undefined if it is absent. */
export function attributeOf(attributes: readonly Attribute[], name: string): string | undefined {
  return attributes.find((each) => each.name === name)?.value;
}

/** All values of an attribute. */
export function attributesOf(attributes: readonly Attribute[], name: string): readonly string[] {
  return attributes.filter((each) => each.name === name).map(({ value }) => value);
}

/** The mids of the sections that share a transport with the one of this mid (RFC 9143); none if it isn't bundled. */
export function bundleOf({ attributes }: Description, mid: string): readonly string[] {
  const groups = attributesOf(attributes, 'group').map((value) => value.trim().split(/ +/));
  const [, ...mids] = groups.find(([kind, ...each]) => kind === 'BUNDLE' && each.includes(mid)) ?? [];
  return mids;
}

/** The error for a description that can't be used. */
export function badSdp(why: string): PortholeError {
  return new PortholeError('invalid_input', { message: `This SDP cannot be used: ${why}.`, field: 'sdp' });
}

function splitLines(text: string): readonly string[] {
  const lines = text.split(/\r\n|\n/).filter((line) => line !== '');
  if (lines.length > mostLines) throw badSdp(`it has more than ${mostLines} lines`);
  const odd = lines.find((line) => !/^[a-z]=[^\p{Cc}]*$/u.test(line));
  if (odd !== undefined) throw badSdp('every line has to be a letter, = and a text');
  return lines;
}

function takeApart(lines: readonly string[]): Description {
  const attributes: Attribute[] = [];
  const sections: { head: string; attributes: Attribute[] }[] = [];
  for (const line of lines) {
    const value = line.slice(2);
    if (line.startsWith('m=')) sections.push({ head: value, attributes: [] });
    else if (line.startsWith('a=')) (sections.at(-1)?.attributes ?? attributes).push(readAttribute(value));
  }
  if (sections.length > mostSections) throw badSdp(`it has more than ${mostSections} media sections`);
  return { attributes, sections: sections.map((section) => readSection(section.head, section.attributes)) };
}

function readAttribute(text: string): Attribute {
  const colon = text.indexOf(':');
  return colon === -1 ? { name: text, value: '' } : { name: text.slice(0, colon), value: text.slice(colon + 1) };
}

function readSection(head: string, attributes: readonly Attribute[]): MediaSection {
  const [kind = '', port = '', protocol = '', ...formats] = head.split(' ');
  const isRight =
    token.test(kind) &&
    /^\d{1,5}(\/\d{1,5})?$/.test(port) &&
    /^[\w/]{1,64}$/.test(protocol) &&
    formats.length > 0 &&
    formats.every((format) => token.test(format));
  if (!isRight) throw badSdp('a media section (m=) is not right');
  const mid = attributeOf(attributes, 'mid') ?? '';
  if (mid !== '' && !token.test(mid)) throw badSdp('a mid is not right');
  return { kind, protocol, formats, mid, attributes };
}

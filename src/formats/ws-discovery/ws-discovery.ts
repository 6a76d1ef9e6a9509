/** The answer of a device to a Probe (WS-Discovery 1.0 of April 2005, section 5.3). */
export interface ProbeMatch {
  /** Addresses of its device service. */
  readonly xaddrs: readonly string[];
  /** What it says about itself, such as `onvif://www.onvif.org/name/Garden`. */
  readonly scopes: readonly string[];
}

/** The longest answer that is read, in characters: a UDP datagram. */
const longest = 65_535;

/**
 * A Probe for network video transmitters (ONVIF Core Specification, section 7.3.2).
 *
 * @param id a UUID, which answers repeat
 */
export function probeMessage(id: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><e:Header><w:MessageID>uuid:${id}</w:MessageID><w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action e:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header><e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>`;
}

/** Reads the answer to the Probe with this id; null for anything else. It takes time in proportion to its length. */
export function readProbeMatch(text: string, id: string): ProbeMatch | null {
  if (text.length > longest || !contentOf(text, 'RelatesTo').includes(id)) return null;
  const xaddrs = wordsOf(contentOf(text, 'XAddrs'));
  return xaddrs.length === 0 ? null : { xaddrs, scopes: wordsOf(contentOf(text, 'Scopes')) };
}

/** The text of the first element with this local name; empty without one. */
function contentOf(text: string, name: string): string {
  const [, content = ''] = new RegExp(`<(?:[\\w.-]+:)?${name}(?:\\s[^<>]*)?>([^<>]*)</`).exec(text) ?? [];
  return content;
}

function wordsOf(text: string): readonly string[] {
  return text
    .split(/\s+/, 64)
    .filter((word) => word !== '')
    .map((word) => word.replaceAll('&amp;', '&'));
}

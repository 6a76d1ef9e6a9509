/** Names that the public DNS never has (RFC 6761, 6762, 8375; ICANN for `internal`), and `lan` of many home routers. */
const localDomains = ['localhost', 'local', 'internal', 'home.arpa', 'lan'];

/** True for an IP address, a name without a dot, or a name that only the local network has. */
export function isLocalName(name: string): boolean {
  if (/^\[|^[\d.]+$/.test(name) || !name.includes('.')) return true;
  return localDomains.some((domain) => name.endsWith(`.${domain}`));
}

/**
 * A `Host` header or a written name as it is compared: in lower case, ASCII, without port and final dot.
 *
 * @returns null for text that isn't a host
 */
export function nameOf(host: string): string | null {
  const plain = host.trim();
  // A zone of an IPv6 address (RFC 6874) is unknown to URL.
  if (/^\[[\da-f:.]+(?:%[\w.%-]+)?\](?::\d*)?$/i.test(plain)) return plain.replace(/(?<=\]).*/, '').toLowerCase();
  if (!/^[^\s/\\?#@*[\]]+$/.test(plain)) return null;
  const name = URL.parse(`http://${plain}`)?.hostname.replace(/\.$/, '');
  return name === undefined || name === '' ? null : name;
}

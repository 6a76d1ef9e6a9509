import { isIPv6 } from 'node:net';

/**
 * The IPv4 addresses that an IPv6 address stands for: a translator or tunnel on the way sends to them. Mapped and
 * compatible (RFC 4291), IPv4-translated (RFC 7915), NAT64 (RFC 6052 and 8215), 6to4 (RFC 3056), ISATAP (RFC 5214) and Teredo
 * (RFC 4380).
 *
 * @param address an IPv6 address, with or without a zone
 * @returns none for other addresses
 */
export function embeddedIpv4(address: string): readonly string[] {
  const bytes = ipv6Bytes(address);
  if (bytes === null) return [];
  const at = (...indexes: readonly number[]): string => indexes.map((index) => bytes[index]).join('.');
  const last = at(12, 13, 14, 15);
  const starts = (hex: string, from = 0): boolean => bytes.toString('hex').startsWith(hex, 2 * from);

  if (starts('00000000000000000000ffff') || starts('0000000000000000ffff0000')) return [last];
  // Not :: and ::1, which are IPv6's own.
  if (starts('000000000000000000000000')) return starts('0000', 12) ? [] : [last];
  if (starts('0064ff9b0000000000000000')) return [last];
  // The network's own prefix may have any of four lengths; a short address never starts with zero.
  if (starts('0064ff9b0001')) {
    const forms = [last, at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12)];
    return forms.filter((form) => !form.startsWith('0.'));
  }
  if (starts('2002')) return [at(2, 3, 4, 5)];
  if (starts('20010000')) return [at(4, 5, 6, 7), [12, 13, 14, 15].map((index) => 255 - bytes[index]!).join('.')];
  if (starts('00005efe', 8) || starts('02005efe', 8)) return [last];
  return [];
}

/** The 16 bytes of an IPv6 address (RFC 4291, 2.2), without its zone; null for other text. */
function ipv6Bytes(address: string): Buffer | null {
  const [text = ''] = address.split('%');
  if (!isIPv6(text)) return null;
  const hex = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...parts: readonly string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = [], tail] = hex.split('::').map((side) => (side === '' ? [] : side.split(':')));
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: zeros }, () => '0'), ...(tail ?? [])];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

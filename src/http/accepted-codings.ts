/** The codings that an `Accept-Encoding` names and does not refuse by `q=0` (RFC 9110, section 12.5.3). */
export function acceptedCodings(header: string | readonly string[] | undefined): readonly string[] {
  return String(header ?? '')
    .toLowerCase()
    .split(',')
    .filter((each) => !/;\s*q\s*=\s*0(\.0*)?\s*$/.test(each))
    .map((each) => each.replace(/;.*/, '').trim());
}

/** Headers of every such response. */
const always = [
  'Cache-Control: no-store, no-cache, must-revalidate',
  'Pragma: no-cache',
  'Connection: close',
  'X-Accel-Buffering: no',
  'X-Content-Type-Options: nosniff',
  '',
].join('\r\n');

/**
 * The head of a response that never ends (RFC 9112): its body is delimited by the end of the connection, and nothing on
 * the way may keep it.
 *
 * @param headers further ones, by name; values in which a line ends become one line
 */
export function responseHead(httpVersion: '1.0' | '1.1', headers: Readonly<Record<string, string>>): string {
  let head = `HTTP/${httpVersion} 200 OK\r\n${always}`;
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${value.replace(/[\r\n]/g, ' ')}\r\n`;
  return `${head}\r\n`;
}

/**
 * The head of a response that never ends (RFC 9112): its body is delimited by the end of the connection, and nothing on
 * the way may keep it.
 *
 * @param headers by name; values in which a line ends become one line
 */
export function responseHead(httpVersion: '1.0' | '1.1', headers: Readonly<Record<string, string>>): string {
  const all = {
    'Cache-Control': 'no-store, no-cache, must-revalidate',
    Pragma: 'no-cache',
    Connection: 'close',
    'X-Accel-Buffering': 'no',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value.replace(/[\r\n]/g, ' ')}\r\n`);
  return `HTTP/${httpVersion} 200 OK\r\n${lines.join('')}\r\n`;
}

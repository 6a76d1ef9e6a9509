import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseCookie, stringifySetCookie } from 'cookie';

/** The name of the cookie of a signed-in session. */
export const sessionCookie = 'porthole_session';
/** The name of the cookie that identifies an anonymous visitor, if access is public. */
export const visitorCookie = 'porthole_visitor';
/** How long an unused session lasts, in milliseconds. */
export const sessionLifetimeMs = 30 * 86_400_000;
/** How often a session in use is extended at most, in milliseconds. */
export const sessionRefreshMs = 5 * 60_000;
/** The longest that browsers keep a cookie, in seconds. The server decides when a session ends. */
const longest = 400 * 86_400;

const attributes = { path: '/', httpOnly: true, sameSite: 'lax' } as const;

/** The value of one cookie in a Cookie header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  return header === undefined ? undefined : parseCookie(header)[name];
}

/**
 * The session token in a Cookie header, if Porthole signed it. better-auth writes the cookie as `TOKEN.SIGNATURE` with
 * HMAC-SHA-256 in base64. Reading it here saves each request the millisecond that better-auth takes for it.
 */
export function readSessionToken(header: string | undefined, secret: string): string | undefined {
  const text = readCookie(header, sessionCookie);
  if (text === undefined || text.length > 300) return undefined;
  const dot = text.lastIndexOf('.');
  if (dot < 1) return undefined;
  const token = text.slice(0, dot);
  const signature = Buffer.from(text.slice(dot + 1), 'base64');
  const expected = createHmac('sha256', secret).update(token).digest();
  return signature.length === expected.length && timingSafeEqual(signature, expected) ? token : undefined;
}

/** The session cookies among those that better-auth sets. Browsers keep them until the server ends the session. */
export function sessionCookies(setCookies: readonly string[]): readonly string[] {
  return setCookies
    .filter((cookie) => cookie.startsWith(`${sessionCookie}=`))
    .map((cookie) => cookie.replace(/; Max-Age=[1-9]\d*/, `; Max-Age=${longest}`));
}

/** A Set-Cookie value that removes the session cookie. */
export function clearedSessionCookie(secure: boolean): string {
  return stringifySetCookie({ ...attributes, name: sessionCookie, value: '', maxAge: 0, secure });
}

/** A Set-Cookie value for an anonymous visitor. */
export function visitorSetCookie(id: string, secure: boolean): string {
  return stringifySetCookie({ ...attributes, name: visitorCookie, value: id, maxAge: longest, secure });
}

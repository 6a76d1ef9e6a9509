import { createHmac, timingSafeEqual } from 'node:crypto';

/** The name of the cookie that holds a sign-in. */
export const sessionCookie = 'porthole_session';
/** The name of the cookie by which an anonymous visitor is known again, where access is public. */
export const visitorCookie = 'porthole_visitor';
/** How long an unused sign-in lasts, in milliseconds. */
export const sessionLifetimeMs = 30 * 86_400_000;
/** A sign-in in use is extended, and its "last seen" moved, at most this often, in milliseconds. */
export const sessionRefreshMs = 5 * 60_000;
/** The longest that browsers keep a cookie, in seconds; when a sign-in ends, the server decides. */
const longest = 400 * 86_400;

/** The value of one cookie in a Cookie header. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';') ?? []) {
    const equals = part.indexOf('=');
    if (equals !== -1 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}

/**
 * The session token in a Cookie header, if Porthole signed it. better-auth writes the cookie, as `TOKEN.SIGNATURE` in URL
 * encoding with HMAC-SHA-256 in base64; reading it here spares each request a millisecond of its machinery.
 */
export function readSessionToken(header: string | undefined, secret: string): string | undefined {
  const value = readCookie(header, sessionCookie);
  if (value === undefined || value.length > 300) return undefined;
  let text: string;
  try {
    text = decodeURIComponent(value);
  } catch {
    return undefined;
  }
  const dot = text.lastIndexOf('.');
  if (dot < 1) return undefined;
  const token = text.slice(0, dot);
  const signature = Buffer.from(text.slice(dot + 1), 'base64');
  const expected = createHmac('sha256', secret).update(token).digest();
  return signature.length === expected.length && timingSafeEqual(signature, expected) ? token : undefined;
}

/** The session cookies among what better-auth sends, kept by the browser until the server ends the sign-in. */
export function sessionCookies(setCookies: readonly string[]): readonly string[] {
  return setCookies
    .filter((cookie) => cookie.startsWith(`${sessionCookie}=`))
    .map((cookie) => cookie.replace(/; Max-Age=[1-9]\d*/, `; Max-Age=${longest}`));
}

/** A complete Set-Cookie value for an anonymous visitor. */
export function visitorSetCookie(id: string, secure: boolean): string {
  return `${visitorCookie}=${id}; Max-Age=${longest}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

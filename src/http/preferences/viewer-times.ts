import type { FastifyRequest } from 'fastify';
import type { TimeSettings } from '../../domain/users/time-settings.ts';

/** Written by the script of every page, which knows the zone. */
const cookie = 'porthole_zone';

/**
 * The zone and format in which the viewer of a page reads times.
 *
 * @param language of the page (BCP 47)
 */
export function timeSettings(request: FastifyRequest, language: string): TimeSettings {
  return {
    locale: regional(language, request.headers['accept-language'] ?? ''),
    zone: zoneOf(request.cookies[cookie]),
    serverZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

/** The page's language as the browser's region writes it: `en-US` has another clock than `en-GB`. */
function regional(language: string, accepted: string): string {
  const tags = accepted.slice(0, 500).matchAll(/\b([a-z]{2,3})-([a-z]{2})\b/gi);
  for (const [tag, base] of tags) {
    if (base?.toLowerCase() === language) return Intl.getCanonicalLocales(tag)[0] ?? language;
  }
  // `en` alone means American English to browsers.
  return language === 'en' ? 'en-GB' : language;
}

/** A zone that exists; null for everything else that a cookie may contain. */
function zoneOf(name: string | undefined): string | null {
  if (name === undefined || !/^[\w+/-]{1,64}$/.test(name)) return null;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    return null;
  }
}

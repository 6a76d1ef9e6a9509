import type { FastifyRequest } from 'fastify';
import { defaultPreferences, type Preferences, withPreferences } from '../../domain/users/preferences.ts';
import { queryValue } from '../requests.ts';

/** The cookie with the preferences of a browser. */
export const preferencesCookie = 'porthole_preferences';

/**
 * The preferences of the browser that makes a request. `?theme=` in the address wins, for frames in pages of other sites,
 * to which browsers send no cookies.
 */
export function preferencesOf(request: FastifyRequest): Preferences {
  // Requests that are refused early have no cookies yet.
  const cookies = request.cookies as FastifyRequest['cookies'] | undefined;
  const kept = Object.fromEntries(new URLSearchParams(cookies?.[preferencesCookie]));
  const asked = queryValue(request, 'theme');
  return withPreferences(defaultPreferences, asked === undefined ? kept : { ...kept, theme: asked });
}

/** True if pages should take little data: by choice, or because the browser's data saver is on (`Save-Data`). */
export function savesData(request: FastifyRequest, { data }: Preferences): boolean {
  return data === 'reduced' || (data === 'auto' && request.headers['save-data']?.toString().toLowerCase() === 'on');
}

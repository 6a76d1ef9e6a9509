import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import {
  defaultPreferences,
  preferenceNames,
  type PreferenceName,
  type Preferences,
  withPreferences,
} from '../domain/preferences.ts';
import { finishForm } from './form-answers.ts';
import { Field } from './forms.ts';
import type { App } from './kernel.ts';
import { backFrom, queryValue } from './requests.ts';
import { page } from './security/policy.ts';

const cookie = 'porthole_preferences';
const yearSeconds = 365 * 86_400;

/** Any of the preferences. Those that a form doesn't send stay as they are. */
const PreferencesForm = Type.Object(
  Object.fromEntries(preferenceNames.map((name) => [name, Type.Optional(Field)])) as Record<
    PreferenceName,
    ReturnType<typeof Type.Optional<typeof Field>>
  >,
);

/**
 * The preferences of the browser that makes a request. `?theme=` in the address wins, for frames in pages of other sites,
 * to which browsers send no cookies.
 */
export function preferencesOf(request: FastifyRequest): Preferences {
  // Requests that are refused early have no cookies yet.
  const cookies = request.cookies as FastifyRequest['cookies'] | undefined;
  const kept = Object.fromEntries(new URLSearchParams(cookies?.[cookie]));
  const asked = queryValue(request, 'theme');
  return withPreferences(defaultPreferences, asked === undefined ? kept : { ...kept, theme: asked });
}

/** True if pages should take little data: by choice, or because the browser's data saver is on (`Save-Data`). */
export function savesData(request: FastifyRequest, { data }: Preferences): boolean {
  return data === 'reduced' || (data === 'auto' && request.headers['save-data']?.toString().toLowerCase() === 'on');
}

/** The form of every page's menu that keeps a preference. Anybody may use it, also before sign-in and before set-up. */
export function registerPreferences(app: App): void {
  app.post('/preferences', { ...page('setup'), schema: { body: PreferencesForm } }, (request, reply) => {
    const body: Static<typeof PreferencesForm> = request.body;
    const chosen = withPreferences(preferencesOf(request), body);
    reply.setCookie(cookie, new URLSearchParams(chosen).toString(), {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: 'auto',
      maxAge: yearSeconds,
    });
    return finishForm(request, reply, {
      to: backFrom(request, '/'),
      json: { ...chosen, savesData: savesData(request, chosen) },
    });
  });
}

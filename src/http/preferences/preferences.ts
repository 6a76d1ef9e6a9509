import { type Static, Type } from 'typebox';
import { preferenceNames, type PreferenceName, withPreferences } from '../../domain/users/preferences.ts';
import { preferencesCookie, preferencesOf, savesData } from './browser-preferences.ts';
import { finishForm } from '../forms/form-answers.ts';
import { Field } from '../forms/forms.ts';
import type { App } from '../kernel.ts';
import { backFrom } from '../requests.ts';
import { page } from '../security/policy.ts';

const yearSeconds = 365 * 86_400;

/** Any of the preferences. Those that a form doesn't send stay as they are. */
const PreferencesForm = Type.Object(
  Object.fromEntries(preferenceNames.map((name) => [name, Type.Optional(Field)])) as Record<
    PreferenceName,
    ReturnType<typeof Type.Optional<typeof Field>>
  >,
);

/** The form of every page's menu that keeps a preference. Anybody may use it, also before sign-in and before set-up. */
export function registerPreferences(app: App): void {
  app.post('/preferences', { ...page('setup'), schema: { body: PreferencesForm } }, (request, reply) => {
    const body: Static<typeof PreferencesForm> = request.body;
    const chosen = withPreferences(preferencesOf(request), body);
    reply.setCookie(preferencesCookie, new URLSearchParams(chosen).toString(), {
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

import { m } from '#messages';
import { preferenceChoices, type PreferenceName } from '../../domain/users/preferences.ts';
import { isLanguage, languages } from '../../messages/language.ts';
import type { Shell } from '../models.ts';
import { Csrf } from './form.tsx';
import { Icon } from './icon.tsx';

/** The labels of each preference and of its values. Languages are named in themselves. */
const words: Readonly<Record<PreferenceName, () => Readonly<Record<string, string>>>> = {
  theme: () => ({
    title: m.page_theme(),
    system: m.page_theme_system(),
    light: m.page_theme_light(),
    dark: m.page_theme_dark(),
  }),
  data: () => ({
    title: m.page_data(),
    auto: m.page_data_auto(),
    full: m.page_data_full(),
    reduced: m.page_data_reduced(),
  }),
  language: () => ({
    title: m.page_language(),
    auto: m.page_language_auto(),
    ...Object.fromEntries(languages.map((locale) => [locale, m.common_language({}, { locale })])),
  }),
};

/** The choices that a browser keeps. Each button sends the form, so it works without scripts, which stay on the page. */
export function PreferencesForm({ model }: { readonly model: Shell }) {
  return (
    <form class="preferences" method="post" action="/preferences">
      <Csrf token={model.csrf} />
      <input type="hidden" name="next" value={model.path} />
      <Choice model={model} name="theme" />
      <Choice model={model} name="data" />
      <p class="sheet-label saver">{m.page_data_saved()}</p>
      <Choice model={model} name="language" />
    </form>
  );
}

function Choice({ model, name }: { readonly model: Shell; readonly name: PreferenceName }) {
  const id = `preference-${name}`;
  const { title, ...labels } = words[name]();
  return (
    <>
      <p class="sheet-label" id={id}>
        {title}
      </p>
      <div class="sheet-choice" role="group" aria-labelledby={id}>
        {preferenceChoices[name].map((value) => (
          <button
            key={value}
            type="submit"
            name={name}
            value={value}
            lang={isLanguage(value) ? value : undefined}
            aria-pressed={model.preferences[name] === value}
          >
            {labels[value]}
          </button>
        ))}
      </div>
    </>
  );
}

/** The menu of visitors who have no account menu. */
export function PreferencesMenu({ model, corner }: { readonly model: Shell; readonly corner?: boolean }) {
  return (
    <details class={corner ? 'menu corner' : 'menu'}>
      <summary class="ib" aria-label={m.page_preferences()} title={m.page_preferences()}>
        <Icon name="sliders" />
      </summary>
      <div class="sheet">
        <PreferencesForm model={model} />
      </div>
    </details>
  );
}

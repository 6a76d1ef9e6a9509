import { preferenceChoices, type PreferenceName } from '../../domain/preferences.ts';
import type { Shell } from '../models.ts';
import { Csrf } from './form.tsx';
import { Icon } from './icon.tsx';

/** The labels of each preference and of its values. */
const words: Readonly<Record<PreferenceName, Readonly<Record<string, string>>>> = {
  theme: { title: 'Theme', system: 'System', light: 'Light', dark: 'Dark' },
  data: { title: 'Data use', auto: 'Auto', full: 'Full', reduced: 'Reduced' },
};

/** The choices that a browser keeps. Each button sends the form, so it works without scripts, which stay on the page. */
export function PreferencesForm({ model }: { readonly model: Shell }) {
  return (
    <form class="preferences" method="post" action="/preferences">
      <Csrf token={model.csrf} />
      <input type="hidden" name="next" value={model.path} />
      <Choice model={model} name="theme" />
      <Choice model={model} name="data" />
    </form>
  );
}

function Choice({ model, name }: { readonly model: Shell; readonly name: PreferenceName }) {
  const id = `preference-${name}`;
  return (
    <>
      <p class="sheet-label" id={id}>
        {words[name].title}
      </p>
      <div class="sheet-choice" role="group" aria-labelledby={id}>
        {preferenceChoices[name].map((value) => (
          <button key={value} type="submit" name={name} value={value} aria-pressed={model.preferences[name] === value}>
            {words[name][value]}
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
      <summary class="ib" aria-label="Preferences" title="Preferences">
        <Icon name="sliders" />
      </summary>
      <div class="sheet">
        <PreferencesForm model={model} />
      </div>
    </details>
  );
}

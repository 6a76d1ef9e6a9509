import { m } from '#messages';
import type { LoginModel, SetupModel } from './models.ts';
import { page } from './parts/document.tsx';
import { about, aboutNone, Csrf, ErrorNote, Field } from './parts/form.tsx';
import { Mark } from './parts/icon.tsx';
import { PreferencesMenu } from './parts/preferences.tsx';

/** The sign-in page. */
export function login(model: LoginModel): string {
  const error = model.error?.code === 'wrong_password' ? { ...model.error, field: 'password' } : model.error;
  const general = aboutNone(error, ['password']);
  return page(model, {
    title: m.login_title(),
    name: 'card',
    script: 'settings',
    chrome: false,
    children: (
      <div class="card-page">
        <PreferencesMenu model={model} corner />
        <form class="card" method="post" action="/login">
          <CardHead title="Porthole" />
          {general !== null && <ErrorNote problem={general} />}
          <Csrf token={model.csrf} />
          <input type="hidden" name="next" value={model.next} />
          <Field
            name="username"
            label={m.login_name()}
            value={model.username}
            autocomplete="username"
            autofocus={model.username === ''}
            plain
          />
          <Field
            name="password"
            label={m.login_password()}
            type="password"
            autocomplete="current-password"
            autofocus={model.username !== ''}
            problem={error}
          />
          <button class="btn wide" type="submit" data-busy={m.login_busy()}>
            {m.login_submit()}
          </button>
        </form>
      </div>
    ),
  });
}

/** The page that creates the first account, with the set-up code from the terminal. */
export function setup(model: SetupModel): string {
  const error = model.error === null || model.field === null ? model.error : { ...model.error, field: model.field };
  const fields = ['code', 'username', 'password'];
  const general = aboutNone(error, fields);
  return page(model, {
    title: m.setup_title(),
    name: 'card',
    script: 'settings',
    chrome: false,
    children: (
      <div class="card-page">
        <PreferencesMenu model={model} corner />
        <form class="card" method="post" action="/setup">
          <CardHead title={m.setup_heading()} text={m.setup_text()} />
          {general !== null && <ErrorNote problem={general} />}
          <Csrf token={model.csrf} />
          {model.code === '' || about(error, 'code') !== null ? (
            <Field
              name="code"
              label={m.setup_code()}
              value={model.code}
              autocomplete="one-time-code"
              hint={m.setup_code_hint()}
              problem={error}
              plain
            />
          ) : (
            <input type="hidden" name="code" value={model.code} />
          )}
          <Field
            name="username"
            label={m.login_name()}
            value={model.username}
            autocomplete="username"
            hint={m.setup_name_hint()}
            problem={error}
            maxLength={30}
            autofocus
            plain
          />
          <Field
            name="password"
            label={m.login_password()}
            type="password"
            autocomplete="new-password"
            hint={m.setup_password_hint()}
            problem={error}
            minLength={8}
          />
          <button class="btn wide" type="submit" data-busy={m.setup_busy()}>
            {m.setup_submit()}
          </button>
        </form>
      </div>
    ),
  });
}

function CardHead({ title, text }: { readonly title: string; readonly text?: string }) {
  return (
    <div class="card-head">
      <Mark />
      <h1>{title}</h1>
      {text !== undefined && <p>{text}</p>}
    </div>
  );
}

import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { m } from '#messages';
import { initials } from '../../text/initials.ts';
import { Times } from '../../text/times.ts';
import { roleWord } from '../../text/role-word.ts';
import { stateWord } from '../../text/words.ts';
import tokens from '../styles/tokens.css?raw';
import type { Preferences } from '../../domain/users/preferences.ts';
import type { Assets, Shell } from '../models.ts';
import { FlashMessage, ToastTemplate } from './flash.tsx';
import { Csrf, Dot, cameraUrl } from './form.tsx';
import { Icon, Mark } from './icon.tsx';
import { PreferencesForm, PreferencesMenu } from './preferences.tsx';
import { SavesData } from './saves-data.ts';
import { PageTimes } from './time.tsx';

/** Options of {@link page}. */
export interface PageOptions {
  readonly title: string;
  /** Class of the body (`page-…`), used by style sheets and scripts. */
  readonly name: string;
  /** The script of the page. `player` is the one for pages of other sites. */
  readonly script?: Exclude<keyof Assets, 'style' | 'imports'> | 'player';
  /** Data for that script, embedded as JSON. */
  readonly data?: unknown;
  /** False for pages without the top bar: sign-in, kiosk. */
  readonly chrome?: boolean;
  /** The id of the camera whose tab is active, or `grid`. */
  readonly tab?: string;
  readonly children: ComponentChildren;
}

// The browser's toolbar takes the page's background, read from the only file that names colours.
const [, lightBackground, darkBackground] = /--bg:\s*light-dark\((.+), (.+)\);/.exec(tokens) ?? [];

/** Renders a whole HTML document. */
export function page(model: Shell, options: PageOptions): string {
  const { assets } = model;
  const script = scriptOf(assets, options.script);
  const imports = assets.imports?.[options.script ?? ''] ?? [];
  const chrome = options.chrome !== false;
  const { preferences, times } = model;
  return (
    '<!doctype html>' +
    renderToString(
      <html
        lang={model.language}
        dir={m.common_direction() as 'ltr' | 'rtl'}
        data-theme={preferences.theme}
        data-locale={times.locale}
        data-zone={times.zone ?? undefined}
        data-server-zone={times.serverZone}
        data-saves-data={model.savesData || (preferences.data === 'full' ? false : undefined)}
      >
        <head>
          <meta charset="utf-8" />
          <title>{`${options.title} · Porthole`}</title>
          <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
          <meta name="color-scheme" content={colorScheme(preferences.theme)} />
          <meta name="theme-color" content={darkBackground} media={toolbarMedia('dark', preferences.theme)} />
          <meta name="theme-color" content={lightBackground} media={toolbarMedia('light', preferences.theme)} />
          <meta name="csrf" content={model.csrf} />
          <meta name="robots" content="noindex" />
          <link rel="stylesheet" href={assets.style} />
          <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
          <link rel="apple-touch-icon" href="/icons/192.png" />
          <link rel="manifest" href="/manifest.webmanifest" crossorigin="use-credentials" />
          {imports.map((address) => (
            <link rel="modulepreload" href={address} />
          ))}
          {script && <script type="module" src={script} />}
        </head>
        <body class={`page-${options.name}`}>
          {chrome && (
            <a class="skip" href="#main">
              {m.page_skip()}
            </a>
          )}
          {chrome && <TopBar model={model} tab={options.tab ?? ''} name={options.name} />}
          <FlashMessage flash={model.flash} csrf={model.csrf} />
          <PageTimes.Provider value={new Times(times)}>
            <SavesData.Provider value={model.savesData}>
              <main id="main" tabIndex={-1}>
                {options.children}
              </main>
            </SavesData.Provider>
          </PageTimes.Provider>
          {script && <ToastTemplate />}
          <p class="vh" id="announce" role="status" aria-live="polite" />
          {options.data !== undefined && (
            <script
              type="application/json"
              id="porthole-data"
              dangerouslySetInnerHTML={{ __html: safeJson(options.data) }}
            />
          )}
        </body>
      </html>,
    )
  );
}

/** The colours that the browser itself uses for a theme. */
function colorScheme(theme: Preferences['theme']): string {
  return theme === 'system' ? 'dark light' : theme;
}

/** The media of the toolbar's colour in one scheme: a chosen theme has it always, and the other never. */
function toolbarMedia(scheme: 'dark' | 'light', theme: Preferences['theme']): string {
  if (theme === 'system') return `(prefers-color-scheme: ${scheme})`;
  return theme === scheme ? 'all' : 'not all';
}

function scriptOf(assets: Assets, name: PageOptions['script']): string | undefined {
  if (name === undefined) return undefined;
  return name === 'player' ? '/player.js' : assets[name];
}

/** JSON that cannot end the script element around it. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function TopBar({ model, tab, name }: { readonly model: Shell; readonly tab: string; readonly name: string }) {
  const { cameras, user } = model;
  const here = (is: boolean) => (is ? ({ 'aria-current': 'page' } as const) : {});
  return (
    <header class="top">
      <a class="mark" href="/">
        <Mark />
        <b>Porthole</b>
      </a>
      <nav class="tabs" aria-label={m.page_cameras()}>
        {cameras.length > 1 && (
          <a href="/?view=grid" {...here(tab === 'grid')}>
            <Icon name="grid" />
            {m.page_all()}
          </a>
        )}
        {cameras.map((camera) => {
          const { tone, word } = stateWord(camera.state);
          return (
            <a key={camera.id} href={cameraUrl(camera.id)} data-camera={camera.id} {...here(tab === camera.id)}>
              <Dot tone={tone} />
              <span class="name">{camera.name}</span>
              <span class="vh">
                , <span class="state">{word}</span>
              </span>
            </a>
          );
        })}
      </nav>
      <nav class="places" aria-label="Porthole">
        {/* The public may watch, but see no photos. */}
        {user !== null && (
          <a
            class="ib"
            href="/photos"
            aria-label={m.page_photos()}
            title={m.page_photos()}
            {...here(name === 'photos' || name === 'photo')}
          >
            <Icon name="image" />
          </a>
        )}
        {user?.role === 'admin' && (
          <a
            class="ib"
            href="/settings"
            aria-label={m.page_settings()}
            title={m.page_settings()}
            {...here(name.startsWith('settings'))}
          >
            <Icon name="settings" />
          </a>
        )}
        {user === null ? (
          <>
            <a class="btn small ghost enter" href={`/login?next=${encodeURIComponent(model.path)}`}>
              <Icon name="user" />
              <span>{m.common_sign_in()}</span>
            </a>
            <PreferencesMenu model={model} />
          </>
        ) : (
          <Person model={model} user={user} />
        )}
      </nav>
    </header>
  );
}

function Person({ model, user }: { readonly model: Shell; readonly user: NonNullable<Shell['user']> }) {
  return (
    <details class="menu">
      <summary class="person" aria-label={m.page_your_account({ name: user.username })}>
        <span class="who" data-initials={initials(user.username)} />
      </summary>
      <div class="sheet">
        <p class="sheet-head">
          <b>{user.username}</b>
          <span>{roleWord(user.role)}</span>
        </p>
        <a href="/account">
          <Icon name="user" />
          {m.page_account()}
        </a>
        {user.role === 'admin' && (
          <a href="/settings/users">
            <Icon name="users" />
            {m.page_users()}
          </a>
        )}
        <a href="/api">
          <Icon name="code" />
          {m.page_api()}
        </a>
        <PreferencesForm model={model} />
        <form method="post" action="/logout">
          <Csrf token={model.csrf} />
          <button type="submit">
            <Icon name="logOut" />
            {m.page_sign_out()}
          </button>
        </form>
        <p class="sheet-foot">Porthole {model.version}</p>
      </div>
    </details>
  );
}

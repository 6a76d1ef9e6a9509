import { m } from '#messages';
import type { ComponentChildren } from 'preact';
import type { Shell } from '../models.ts';
import { page } from './document.tsx';
import { Icon } from './icon.tsx';

/** Renders a settings page, with tabs to the others. */
export function settingsPage(
  model: Shell,
  options: {
    readonly title: string;
    readonly tab: 'cameras' | 'users' | 'account' | 'api';
    readonly children: ComponentChildren;
  },
): string {
  const admin = model.user?.role === 'admin';
  const tabs = [
    ...(admin
      ? ([
          ['cameras', '/settings', m.settings_tab_cameras()],
          ['users', '/settings/users', m.settings_tab_users()],
        ] as const)
      : []),
    ...(model.user === null ? [] : ([['account', '/account', m.settings_tab_account()]] as const)),
    ['api', '/api', 'API'],
  ] as const;
  const name = options.tab === 'cameras' || options.tab === 'users' ? `settings-${options.tab}` : options.tab;
  return page(model, {
    title: options.title,
    name: `${name} page-settings`,
    script: 'settings',
    children: (
      <div class="settings">
        <nav class="filter" aria-label={m.settings_tabs()}>
          {tabs.map(([tab, href, label]) => (
            <a key={tab} href={href} {...(tab === options.tab ? { 'aria-current': 'page' as const } : {})}>
              {label}
            </a>
          ))}
        </nav>
        <AwayNotice />
        {options.children}
      </div>
    ),
  });
}

/** Shown by scripts while the server is away. By default it speaks of what was entered. */
export function AwayNotice({ text = m.settings_away() }: { readonly text?: string }) {
  return (
    <p class="away" id="away" data-back={m.settings_back()} hidden>
      <Icon name="warning" />
      <span>{text}</span>
    </p>
  );
}

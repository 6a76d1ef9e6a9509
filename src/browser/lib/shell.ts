import { find, upgradeMenus } from './dom.ts';
import { followTimeZone } from './page-times.ts';
import { upgradePreferences } from './preferences.ts';
import { upgradeToasts } from './toasts.ts';

/** Starts what every page has around its content. */
export function upgradeShell(): void {
  followTimeZone();
  upgradeMenus();
  upgradeToasts();
  upgradePreferences();
  find(':is(.tabs, .bar-main) [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
}

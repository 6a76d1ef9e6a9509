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
  keepCurrentTabVisible();
}

/** Centres the current tab among those that scroll: at first, and when the window or its text changes. */
function keepCurrentTabVisible(): void {
  const tab = find(':is(.tabs, .bar-main) [aria-current]');
  const tabs = tab?.parentElement;
  if (!tabs) return;
  new ResizeObserver(() => {
    tabs.scrollLeft = tab.offsetLeft + (tab.offsetWidth - tabs.offsetWidth) / 2;
  }).observe(tabs);
}

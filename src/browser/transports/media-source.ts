type Source = typeof MediaSource;

/** The browser's Media Source Extensions, on phones the managed kind of them; null where it has none. */
export function mediaSource(): Source | null {
  const browser: { readonly ManagedMediaSource?: Source; readonly MediaSource?: Source } = globalThis;
  return browser.ManagedMediaSource ?? browser.MediaSource ?? null;
}

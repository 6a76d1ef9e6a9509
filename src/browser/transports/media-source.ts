type Source = typeof MediaSource;

/** The browser's Media Source Extensions, on iPhones ManagedMediaSource; null if unsupported. */
export function mediaSource(): Source | null {
  const browser: { readonly ManagedMediaSource?: Source; readonly MediaSource?: Source } = globalThis;
  return browser.ManagedMediaSource ?? browser.MediaSource ?? null;
}

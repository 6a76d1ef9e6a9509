/** Actions by key. An action that returns `false` leaves the key to the browser. */
export type Keys = Readonly<Record<string, () => unknown>>;

/** Listens for single keys, except where a key already has a meaning: in fields, on buttons, in open dialogs. */
export function listenForKeys(keys: Keys): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    // The button of a player, not the player.
    const [first] = event.composedPath();
    const target = first instanceof Element ? first : document.body;
    if (target.closest('input:not([type=checkbox]), select, textarea, dialog, .sheet') !== null) return;
    if (event.key === ' ' && target.closest('button, summary, a, input') !== null) return;
    if (event.key.startsWith('Arrow') && target.closest('#film') !== null) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act !== undefined && act() !== false) event.preventDefault();
  });
}

import { find } from '../lib/dom.ts';
import { askApi } from '../lib/post.ts';
import { toast } from '../lib/toasts.ts';
import type { movePtz } from '../ptz.ts';

/** What the script exports. */
interface Script {
  readonly movePtz: typeof movePtz;
}

/** Loads the script for a camera that can be moved, at the address that the page gives. */
export async function upgradePtz(root: HTMLElement): Promise<void> {
  const script = find('.ptz', root)?.dataset.script;
  if (script === undefined) return;
  const loaded = (await import(/* @vite-ignore */ script)) as Script;
  loaded.movePtz({ askApi, fail: (text) => toast({ kind: 'error', text }) });
}

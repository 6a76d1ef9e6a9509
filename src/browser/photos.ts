import { find, upgradeMenus } from './lib/dom.ts';
import { upgradeGallery } from './gallery/gallery.ts';
import { upgradeToasts } from './lib/toasts.ts';
import { upgradeViewer } from './gallery/viewer.ts';

upgradeMenus();
upgradeToasts();
if (find('#viewer') === null) upgradeGallery();
else upgradeViewer();

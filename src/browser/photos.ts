import { find, upgradeMenus } from './dom.ts';
import { upgradeGallery } from './gallery.ts';
import { upgradeToasts } from './toasts.ts';
import { upgradeViewer } from './viewer.ts';

upgradeMenus();
upgradeToasts();
if (find('#viewer') === null) upgradeGallery();
else upgradeViewer();

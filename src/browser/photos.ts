import { find } from './lib/dom.ts';
import { upgradeGallery } from './gallery/gallery.ts';
import { upgradeShell } from './lib/shell.ts';
import { upgradeViewer } from './gallery/viewer.ts';

upgradeShell();
if (find('#viewer') === null) upgradeGallery();
else upgradeViewer();

import type { Cameras } from '../cameras/cameras.ts';
import type { Feature } from '../http/kernel.ts';
import { registerGallery } from './gallery.ts';
import { registerLinks } from './links/link-routes.ts';
import { registerShared } from './links/shared-routes.ts';
import { registerPhotoApi } from './photo-api.ts';
import { registerPhotoFiles } from './photo-file-routes.ts';
import { registerPhotoForms } from './photo-forms.ts';
import type { Photos } from './photos.ts';

/** Photos: the API, the gallery, its forms and the files. */
export function photosFeature({ photos, cameras }: { photos: Photos; cameras: Cameras }): Feature {
  return (app) => {
    registerPhotoApi(app, photos, cameras);
    registerGallery(app, photos);
    registerPhotoForms(app, photos, cameras);
    registerPhotoFiles(app, photos);
    registerLinks(app, photos);
    registerShared(app, photos);
  };
}

import type { Feature } from '../http/kernel.ts';
import { registerGallery } from './gallery.ts';
import { registerLinks } from './links/link-routes.ts';
import { registerShared } from './links/shared-routes.ts';
import { registerPhotoApi } from './photo-api.ts';
import { registerPhotoFiles } from './photo-file-routes.ts';
import { registerPhotoForms } from './photo-forms.ts';
import type { PhotoServices } from './photo-services.ts';

/** Photos: the API, the gallery, its forms and the files. */
export function photosFeature(services: PhotoServices): Feature {
  const { photos, cameras } = services;
  return (app) => {
    registerPhotoApi(app, photos, cameras);
    registerGallery(app, photos);
    registerPhotoForms(app, services);
    registerPhotoFiles(app, photos);
    registerLinks(app, photos);
    registerShared(app, photos);
  };
}

import type { Feature } from '../../http/kernel.ts';
import { type LivePageServices, registerLivePages } from './live-pages.ts';
import { registerGridApi } from './grid-api.ts';
import { registerGridForms } from './grid-forms.ts';
import { registerWatchingApi } from './watching-api.ts';
import { registerWatchingForms, type WatchingServices } from './watching-forms.ts';

/** The live page and the grid, with each Session's Start, Stop and size. */
export function watchingFeature(services: LivePageServices & WatchingServices): Feature {
  return (app) => {
    registerLivePages(app, services);
    registerWatchingApi(app, services);
    registerWatchingForms(app, services);
    registerGridApi(app, services);
    registerGridForms(app, services);
  };
}

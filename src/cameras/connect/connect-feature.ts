import type { Feature } from '../../http/kernel.ts';
import { registerConnectPage } from './connect-page.ts';
import type { ConnectServices } from './connect-services.ts';
import { registerEmbedPage } from './embed-page.ts';

/** A camera's addresses for other programs, and the page that other sites show in a frame. */
export function connectFeature(services: ConnectServices): Feature {
  return (app) => {
    registerConnectPage(app, services);
    registerEmbedPage(app, services);
  };
}

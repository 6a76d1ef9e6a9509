import type { Accounts } from '../../accounts/accounts.ts';
import type { Feature } from '../../http/kernel.ts';
import type { Cameras } from '../cameras.ts';
import { registerConnectPage } from './connect-page.ts';
import { registerEmbedPage } from './embed-page.ts';

/** What {@link connectFeature} uses. */
export interface ConnectServices {
  readonly cameras: Cameras;
  readonly accounts: Accounts;
}

/** A camera's addresses for other programs, and the page that other sites show in a frame. */
export function connectFeature(services: ConnectServices): Feature {
  return (app) => {
    registerConnectPage(app, services);
    registerEmbedPage(app, services);
  };
}

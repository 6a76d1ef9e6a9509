import type { Accounts } from '../../accounts/accounts.ts';
import type { Cameras } from '../cameras.ts';

/** What the pages of Connect use. */
export interface ConnectServices {
  readonly cameras: Cameras;
  readonly accounts: Accounts;
  /** The TCP port of the RTSP server; null where RTSP isn't served. */
  readonly rtsp: { readonly port: number | null } | null;
}

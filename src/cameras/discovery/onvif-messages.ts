/** The device that a thread asks for its streams. */
export interface OnvifOrder {
  /** The IP address to connect to, which has been checked. */
  readonly address: string;
  /** The host as requests name it. */
  readonly host: string;
  readonly port: number;
  /** The path of the device service. */
  readonly path: string;
  readonly secure: boolean;
  readonly user: string;
  readonly password: string;
}

/** A stream of a device. */
export interface OnvifStream {
  readonly uri: string;
  /** Pixels; 0 if unknown. */
  readonly width: number;
}

/** What the thread answers. */
export type OnvifReply =
  { readonly ok: true; readonly streams: readonly OnvifStream[] } | { readonly ok: false; readonly detail: string };

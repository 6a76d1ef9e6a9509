import { isPinned, type Pinned } from '../../transports/transport-choice.ts';

const ownServer = new URL(import.meta.url).origin;

/** Attributes of a player that are also properties; see docs/embedding.md. */
export const playerProperties = [
  'camera',
  'server',
  'token',
  'transport',
  'width',
  'label',
  'paused',
  'muted',
  'controls',
] as const;

/** Reflects the player's attributes as properties. */
export class PlayerAttributes extends HTMLElement {
  get camera(): string {
    return this.getAttribute('camera') ?? '';
  }

  set camera(camera: string) {
    this.setAttribute('camera', camera);
  }

  /** The server's origin; by default where this script was loaded from. */
  get server(): string {
    return URL.parse(this.getAttribute('server') || ownServer, location.href)?.origin ?? ownServer;
  }

  set server(server: string) {
    this.setAttribute('server', server);
  }

  get token(): string | null {
    return this.getAttribute('token');
  }

  set token(token: string | null) {
    if (token === null) this.removeAttribute('token');
    else this.setAttribute('token', token);
  }

  get transport(): Pinned {
    const pinned = this.getAttribute('transport');
    return isPinned(pinned) ? pinned : 'auto';
  }

  set transport(pinned: Pinned) {
    this.setAttribute('transport', pinned);
  }

  get width(): string {
    return this.getAttribute('width') ?? 'auto';
  }

  set width(width: string | number) {
    this.setAttribute('width', String(width));
  }

  get label(): string {
    return this.getAttribute('label') ?? this.camera;
  }

  set label(label: string) {
    this.setAttribute('label', label);
  }

  get paused(): boolean {
    return this.hasAttribute('paused');
  }

  set paused(paused: boolean) {
    this.toggleAttribute('paused', paused);
  }

  /** True unless the attribute `muted` is "false". */
  get muted(): boolean {
    return this.getAttribute('muted') !== 'false';
  }

  set muted(muted: boolean) {
    this.setAttribute('muted', String(muted));
  }

  get controls(): boolean {
    return this.hasAttribute('controls');
  }

  set controls(controls: boolean) {
    this.toggleAttribute('controls', controls);
  }

  /** Adopts properties that were set before the element was defined. */
  protected adoptProperties(): void {
    const own = this as unknown as Record<string, unknown>;
    for (const name of playerProperties) {
      if (!Object.hasOwn(this, name)) continue;
      const value = own[name];
      delete own[name];
      own[name] = value;
    }
  }
}

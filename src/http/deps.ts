import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { CameraDetails, CameraInfo } from '../domain/camera.ts';
import type { Control, ControlValues } from '../domain/control.ts';
import type { Problem } from '../domain/errors.ts';
import type { IceServer } from '../domain/ice.ts';
import type { Device } from '../domain/mode.ts';
import type { Photo, PhotoDay, PhotoPage } from '../domain/photo.ts';
import type { Rendition } from '../domain/rendition.ts';
import type { Role } from '../domain/role.ts';
import type { Principal, SessionInfo, TokenInfo, User } from '../domain/user.ts';
import type { Watching } from '../domain/watching.ts';
import type { Assets, Pages } from '../pages/models.ts';

/** Where a request comes from, for rate limits and the list of sessions. */
export interface RequestFacts {
  readonly ip: string;
  readonly userAgent: string | null;
}

/** A sign-in that worked; `setCookies` are whole Set-Cookie header values. */
export interface SignedIn {
  readonly user: User;
  readonly sessionId: string;
  readonly setCookies: readonly string[];
}

/** What http needs of accounts. */
export interface AccountsService {
  readonly setupCode: string | null;
  needsSetup(): Promise<boolean>;
  checkSetupCode(code: string, request: RequestFacts): void;
  setUp(
    input: { readonly code: string; readonly username: string; readonly password: string },
    request: RequestFacts,
  ): Promise<SignedIn>;
  signIn(input: { readonly username: string; readonly password: string }, request: RequestFacts): Promise<SignedIn>;
  signOut(cookieHeader: string): Promise<{ readonly setCookies: readonly string[] }>;
  authenticate(
    headers: { readonly cookie?: string; readonly authorization?: string },
    queryToken: string | undefined,
    request: RequestFacts,
  ): Promise<Principal | null>;
  changePassword(
    principal: Principal,
    input: { readonly current: string; readonly next: string },
  ): Promise<{ readonly setCookies: readonly string[] }>;
  sessions(principal: Principal): Promise<readonly SessionInfo[]>;
  revokeSession(principal: Principal, id: string): Promise<void>;
  users(): Promise<readonly User[]>;
  addUser(input: {
    readonly username: string;
    readonly password: string;
    readonly role: Role;
    readonly cameras: readonly string[] | null;
  }): Promise<User>;
  updateUser(
    id: string,
    change: { readonly role?: Role; readonly cameras?: readonly string[] | null; readonly password?: string },
  ): Promise<User>;
  removeUser(id: string): Promise<void>;
  tokens(principal: Principal): Promise<readonly TokenInfo[]>;
  createToken(input: {
    readonly username: string;
    readonly name: string;
  }): Promise<{ readonly token: string; readonly info: TokenInfo }>;
  revokeToken(principal: Principal, id: string): Promise<void>;
  /** A new name for the watching state of a visitor of public access, and the cookie that keeps it. */
  newVisitor(): { readonly sessionId: string; readonly setCookies: readonly string[] };
  onRevoked(listener: (grantMatches: (grant: string) => boolean) => void): () => void;
  /** Those of the grants that no longer hold. */
  recheck(grants: ReadonlySet<string>): Promise<ReadonlySet<string>>;
}

/** What can be told about a source before it is saved. */
export type SourceTest =
  | {
      readonly ok: true;
      readonly width: number;
      readonly height: number;
      readonly fps: number | null;
      readonly format: string;
      readonly jpeg: Buffer;
    }
  | { readonly ok: false; readonly problem: Problem };

/** The figures of one Camera for `/metrics` and `/state`; all counters only grow. */
export interface CameraMetrics {
  readonly id: string;
  readonly state: CameraInfo['state']['kind'];
  readonly captured: number;
  /** Frames dropped, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  readonly restarts: number;
  readonly renditions: readonly {
    /** See `renditionKey`. */
    readonly rendition: string;
    readonly viewers: number;
    readonly frames: number;
    readonly bytes: number;
  }[];
}

/** What a change of the cameras looks like. */
export type CameraEvent =
  | { readonly type: 'camera'; readonly camera: CameraInfo }
  | { readonly type: 'cameras' }
  | { readonly type: 'devices'; readonly devices: readonly Device[] };

/** What http needs of the cameras. */
export interface CamerasService {
  list(): readonly CameraInfo[];
  details(id: string): Promise<CameraDetails>;
  get(id: string): CameraInfo;
  find(idOrName: string): CameraInfo | undefined;
  add(input: { readonly name: string; readonly source: string }): Promise<CameraInfo>;
  update(
    id: string,
    change: {
      readonly name?: string;
      readonly source?: string;
      readonly enabled?: boolean;
      readonly bestPhotos?: boolean;
    },
  ): Promise<CameraInfo>;
  remove(id: string): Promise<void>;
  reorder(ids: readonly string[]): Promise<void>;
  /** `camera` names the one whose stored password `•••` stands for. */
  test(source: string, options: { readonly signal: AbortSignal; readonly camera?: string }): Promise<SourceTest>;
  devices(): Promise<readonly Device[]>;
  controls(id: string): Promise<readonly Control[]>;
  setControls(id: string, values: ControlValues): Promise<readonly Control[]>;
  resetControls(id: string): Promise<readonly Control[]>;
  retryNow(id: string): void;
  /** Opens the camera and resolves at its first frame. */
  ensureOpen(id: string, options: { readonly signal: AbortSignal }): Promise<void>;
  /** The last picture seen of the camera, without opening it. */
  poster(id: string): { readonly bytes: Buffer } | null;
  onChange(listener: (event: CameraEvent) => void): () => void;
  metrics(): readonly CameraMetrics[];
}

/** What http needs of the watching state. */
export interface LiveViewService {
  watching(sessionId: string, cameraId: string): Promise<Watching>;
  start(principal: Principal, cameraId: string, width?: number | 'source'): Promise<Watching>;
  stop(principal: Principal, cameraId: string): Promise<Watching>;
  resize(principal: Principal, cameraId: string, width: number | 'source'): Promise<Watching>;
  onChange(
    listener: (event: { readonly sessionId: string; readonly cameraId: string; readonly watching: Watching }) => void,
  ): () => void;
}

/** What happens to photos. */
export type PhotoEvent =
  | { readonly type: 'photo'; readonly photo: Photo }
  | {
      readonly type: 'photos-deleted';
      readonly ids: readonly string[];
      readonly cameraIds: readonly string[];
    };

type Allowed = readonly string[] | null;

/** What http needs of the photos. `cameras` are the ids that the asker may see, null for all. */
export interface PhotosService {
  capture(
    cameraId: string,
    cameraName: string,
    principal: Principal,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Photo>;
  list(query: {
    readonly cameras: Allowed;
    readonly camera?: string;
    readonly before?: string;
    readonly limit?: number;
  }): Promise<PhotoPage>;
  days(query: { readonly cameras: Allowed; readonly camera?: string }): Promise<readonly PhotoDay[]>;
  usage(cameras: Allowed): Promise<{ readonly count: number; readonly bytes: number }>;
  get(id: string, cameras: Allowed): Promise<Photo>;
  /** The ids of the photos taken just after and just before one, of all cameras that the asker may see. */
  neighbours(photo: Photo, cameras: Allowed): Promise<{ readonly newer: string | null; readonly older: string | null }>;
  openFile(photo: Photo): Promise<{ readonly stream: Readable; readonly bytes: number }>;
  thumbnail(photo: Photo): Promise<Buffer>;
  delete(ids: readonly string[], cameras: Allowed): Promise<readonly string[]>;
  restore(ids: readonly string[], cameras: Allowed): Promise<readonly string[]>;
  archive(ids: readonly string[], cameras: Allowed): Promise<Readable>;
  onChange(listener: (event: PhotoEvent) => void): () => void;
}

/** What http needs of the settings. */
export interface SettingsService {
  /** The origins whose pages may read pictures. */
  corsOrigins(): Promise<readonly string[]>;
  setCorsOrigins(origins: readonly string[]): Promise<readonly string[]>;
}

/** An open stream over HTTP. */
export interface StreamHandle {
  close(reason?: string): void;
  readonly closed: Promise<void>;
}

/** An open page's socket. */
export interface LiveSocketHandle {
  send(event: object): void;
  close(code: number, reason: string): void;
}

/** An open session of WebRTC. */
export interface WebRtcHandle {
  readonly id: string;
  readonly etag: string;
  readonly camera: string;
  /** The answer to the offer, or the offer, as SDP. */
  readonly answer: string;
  /** Resolves when pictures can be sent; perhaps never. */
  readonly connected: Promise<void>;
  readonly closed: Promise<void>;
  /** Takes the answer to an offer of ours. */
  accept(answer: string): void;
  /** Takes a fragment of SDP with candidates. */
  addCandidates(fragment: string): void;
  close(reason?: string): void;
}

/** One camera and size as HLS, for all its players. */
export interface HlsStreamHandle {
  /** What its files' addresses bear: pixels or `source`, and whether it has sound. */
  readonly folder: string;
  /** True if this player is known. */
  has(player: string): boolean;
  /** Adds a player, which wants the camera open until it asks for nothing more. */
  join(player: string): StreamHandle;
  /** The playlist, when there is enough to play or what the player waits for. `uri` makes a file's address. */
  playlist(
    player: string,
    uri: (file: string) => string,
    options: {
      readonly signal: AbortSignal;
      readonly reload?: { readonly segment: number; readonly part?: number | undefined } | undefined;
    },
  ): Promise<string>;
  /** A file that a playlist names; undefined if it is over. */
  file(player: string, file: string, options: { readonly signal: AbortSignal }): Promise<Buffer | undefined>;
}

/** What http needs of delivery, already bound to the cameras. */
export interface Delivery {
  /** Writes a whole response to a socket that http has given up. */
  serveMultipart(options: {
    readonly socket: Socket;
    readonly camera: string;
    readonly rendition: Rendition;
    readonly fps?: number;
    readonly extraHeaders?: Readonly<Record<string, string>>;
    readonly httpVersion: '1.0' | '1.1';
  }): StreamHandle;
  /** The same with H.264 in fragmented MP4. */
  serveMp4(options: {
    readonly socket: Socket;
    readonly camera: string;
    readonly width: number | 'source';
    /** True if its sound is wanted, where it has some. */
    readonly audio: boolean;
    readonly extraHeaders?: Readonly<Record<string, string>>;
    readonly httpVersion: '1.0' | '1.1';
  }): StreamHandle;
  /** A camera as HLS; nothing opens until somebody joins. */
  hls(camera: string, width: number | 'source', options: { readonly audio: boolean }): HlsStreamHandle;
  /** The newest picture; `capturedAt` in milliseconds since the epoch. */
  takeSnapshot(
    camera: string,
    width: number | 'source',
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly bytes: Buffer; readonly capturedAt: number }>;
  /** Answers a client's offer; `offer` is SDP, null to make the client one. */
  openWebRtc(options: {
    readonly camera: string;
    readonly width: number | 'source';
    readonly offer: string | null;
  }): Promise<WebRtcHandle>;
  /** The servers for STUN and TURN that clients are told. */
  readonly iceServers: readonly IceServer[];
  openLiveSocket(options: {
    readonly socket: WebSocket;
    readonly maySee: (cameraId: string) => boolean;
    readonly onClose: () => void;
  }): LiveSocketHandle;
}

/** What http needs of the configuration. */
export interface HttpConfig {
  readonly access: 'private' | 'public';
  /** The address people type, when a proxy changes it; null otherwise. */
  readonly publicUrl: string | null;
  /** Addresses of proxies whose forwarded headers count; none by default. */
  readonly trustProxy: readonly string[];
  /** PEM texts when Porthole itself speaks HTTPS. */
  readonly tls: { readonly cert: string | Buffer; readonly key: string | Buffer } | null;
  /** Signs CSRF tokens; at least 32 characters, stable over restarts. */
  readonly secret: string;
  readonly version: string;
  /** The folder of the built files: `dist/public`. */
  readonly publicFolder: string;
}

/** Everything the HTTP server is built from. */
export interface HttpDeps {
  readonly config: HttpConfig;
  readonly log: Logger;
  readonly accounts: AccountsService;
  readonly cameras: CamerasService;
  readonly liveView: LiveViewService;
  readonly photos: PhotosService;
  readonly settings: SettingsService;
  readonly delivery: Delivery;
  readonly pages: Pages;
  readonly assets: Assets;
}

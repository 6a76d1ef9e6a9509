import type { TestResult } from '../domain/cameras/source-test.ts';
import type { CameraDetails, CameraInfo } from '../domain/cameras/camera.ts';
import type { Control } from '../domain/cameras/control.ts';
import type { Ptz } from '../domain/cameras/ptz.ts';
import type { Problem } from '../domain/errors.ts';
import type { FoundNetworkCamera } from '../domain/cameras/found-network-camera.ts';
import type { FoundWebcam, MissingWebcams } from '../domain/cameras/found-webcam.ts';
import type { GridSettings } from '../domain/users/grid-settings.ts';
import type { PhotoLink } from '../domain/photo-link.ts';
import type { DiskSpace, Photo, PhotoDay } from '../domain/photo.ts';
import type { Preferences } from '../domain/users/preferences.ts';
import type { Role } from '../domain/users/role.ts';
import type { TimeSettings } from '../domain/users/time-settings.ts';
import type { UnreadableRow } from '../domain/unreadable-row.ts';
import type { SessionInfo, TokenInfo, User } from '../domain/users/user.ts';
import type { Watching } from '../domain/users/watching.ts';
import type { Sentence } from '../messages/sentence.ts';
import type { Language } from '../messages/language.ts';

/** URLs of the built browser files in one language, as `dist/assets.json` holds them. */
export interface Assets {
  /** The style sheet of every page. */
  readonly style: string;
  /** The script of the live page and the grid. */
  readonly live: string;
  /** The script of the gallery and the photo viewer. */
  readonly photos: string;
  /** The script of settings, users, account, sign-in and the API description. */
  readonly settings: string;
  /** The script that moves cameras, which the live page loads for cameras that can be moved. */
  readonly ptz: string;
  /** Imports of each script, to be preloaded with it. */
  readonly imports?: Readonly<Record<string, readonly string[]>>;
}

/** The result of the last form, shown once on the next page. */
export interface Flash {
  readonly kind: 'done' | 'error';
  readonly text: string | Sentence;
  /** A technical detail, collapsed by default. */
  readonly details?: string;
  /** A form that undoes it: posts `ids` (repeated), or the number of the deletion, to `action`. */
  readonly undo?: { readonly action: string; readonly ids: readonly string[]; readonly deletion?: number };
}

/** What every page shows around its content. */
export interface Shell {
  /** The language of the page. */
  readonly language: Language;
  /** The signed-in user; null before sign-in and for the public. */
  readonly user: { readonly username: string; readonly role: Role } | null;
  /** The token that every form carries as `_csrf`. */
  readonly csrf: string;
  /** The cameras that this user may see, in order. */
  readonly cameras: readonly CameraInfo[];
  readonly flash: Flash | null;
  /** Path and query of this request, to which sign-in returns. */
  readonly path: string;
  readonly assets: Assets;
  /** Porthole's own version. */
  readonly version: string;
  readonly access: 'private' | 'public';
  /** What this browser has chosen in the menu. */
  readonly preferences: Preferences;
  /** True if pages should take little data. Then nothing starts automatically. */
  readonly savesData: boolean;
  /** Where and how the viewer reads times: for `Times`, and for `<Time>` in pages. */
  readonly times: TimeSettings;
}

/** The live page: one camera. */
export interface LiveModel extends Shell {
  /** Null if no camera is configured, or none that this user may see. */
  readonly camera: CameraInfo | null;
  readonly watching: Watching;
  /** True if the script starts the camera as soon as the page is visible. */
  readonly autoStart?: boolean;
  /** The camera's latest photos, newest first, at most 12. */
  readonly photos: readonly Photo[];
  /** True for operators and admins. */
  readonly mayCapture: boolean;
  /** True for operators and admins if the script asks the camera whether it can be moved. */
  readonly mayMove?: boolean;
  /** Ids of the cameras whose `/cameras/:id/poster.jpg` has an image. */
  readonly posters: readonly string[];
  /** True in kiosk mode, for a wall-mounted screen: only the video. */
  readonly kiosk: boolean;
}

/** One camera of the grid. */
export interface GridTile {
  readonly camera: CameraInfo;
  readonly watching: Watching;
  /** True if the script starts the camera as soon as the page is visible. */
  readonly autoStart: boolean;
  /** True if `/cameras/:id/poster.jpg` has an image. */
  readonly hasPoster: boolean;
  /** When that image was captured, in milliseconds since the epoch. */
  readonly pictureAt: number | null;
}

/** All cameras at once. */
export interface GridModel extends Shell {
  /** In this person's order. */
  readonly tiles: readonly GridTile[];
  readonly grid: GridSettings;
  /** True in kiosk mode, for a wall-mounted screen: only the videos. */
  readonly kiosk?: boolean;
}

/** A picture of a camera that refreshes, in a frame of the grid. */
export interface StillModel {
  readonly language: Language;
  readonly camera: CameraInfo;
  readonly style: string;
  /** The picture's URL; null if there is none yet. */
  readonly picture: string | null;
}

/** Photos of one day on one page of the gallery. */
export interface GalleryDay {
  /** `YYYY-MM-DD` in the viewer's time zone. */
  readonly day: string;
  /** The heading; derived from the day if missing. */
  readonly label?: string;
  /** Its photos on this page, newest first. */
  readonly photos: readonly Photo[];
  /** Number and total size of the day's photos. */
  readonly total: PhotoDay;
}

/** The gallery. */
export interface PhotosModel extends Shell {
  readonly days: readonly GalleryDay[];
  /** Value of `before` for the page of older photos; null on the last one. */
  readonly next: string | null;
  /** Value of `after` for the page of newer photos; null on the first one. */
  readonly previous?: string | null;
  /** All photos that this user may see (of the filtered camera). */
  readonly usage: { readonly count: number; readonly bytes: number };
  /** The room for more of them, for operators and admins. */
  readonly space?: DiskSpace | null;
  /** True for operators and admins. */
  readonly mayDelete: boolean;
  readonly filter: {
    /** The id of the only camera shown, or null for all. */
    readonly camera: string | null;
    /** Value of `before`; null on the first page. */
    readonly before: string | null;
    /** The day that was asked for, `YYYY-MM-DD`. */
    readonly day?: string | null;
  };
  /** Cameras that were removed and have photos, with their last name. */
  readonly removed?: readonly { readonly id: string; readonly name: string }[];
  /** First and last day of all photos (of the filtered camera), and their number; null without photos. */
  readonly range?: { readonly first: string; readonly last: string; readonly days: number } | null;
  /** When the latest of them was taken, in milliseconds since the epoch. */
  readonly newest?: number;
  /** The time zone (IANA) of the days; by default the server's. */
  readonly zone?: string;
}

/** One photo, large. */
export interface PhotoModel extends Shell {
  readonly photo: Photo;
  /** The id of the photo taken after this one. */
  readonly newer: string | null;
  /** The id of the photo taken before this one. */
  readonly older: string | null;
  /** The id of the only camera whose photos are gone through, or null for all. */
  readonly camera?: string | null;
  /** True if the panel Share is open. */
  readonly sharing?: boolean;
  /** Its links that work and this user may revoke, with their whole addresses. */
  readonly links?: readonly (PhotoLink & { readonly url: string })[];
  /** True for operators and admins. */
  readonly mayDelete: boolean;
}

/** A photo for people who have a link to it. */
export interface SharedPhotoModel extends Shell {
  /** Null if the link does not show one. */
  readonly photo: (Photo & { readonly file: string; readonly expiresAt: number }) | null;
  /** Why not. */
  readonly problem: Problem | null;
}

/** Sign-in. */
export interface LoginModel extends Shell {
  readonly error: Problem | null;
  /** The name entered before, kept after a wrong password. */
  readonly username: string;
  /** Path on this server to open after sign-in. */
  readonly next: string;
}

/** The first account. */
export interface SetupModel extends Shell {
  /** The one-time code from the link, or empty. */
  readonly code: string;
  readonly error: Problem | null;
  /** The input with the error: `code`, `username` or `password`. */
  readonly field: string | null;
  readonly username: string;
}

/** Settings: the cameras. */
export interface SettingsCamerasModel extends Shell {
  readonly details: readonly CameraDetails[];
  /** Webcams found on this machine. */
  readonly webcams: readonly FoundWebcam[];
  /** Ids of the cameras whose `/cameras/:id/poster.jpg` has an image; unknown if missing. */
  readonly posters?: readonly string[];
  /** Origins of other sites that may embed the cameras. */
  readonly origins?: readonly string[];
  /** Host names under which anybody may watch, in addition to those that Porthole knows. */
  readonly hosts?: readonly string[];
  /** Rows of the database that can't be read. */
  readonly unreadable?: readonly UnreadableRow[];
  /** Why `origins` or `hosts` are refused, which are then as typed. */
  readonly error?: Problem | null;
}

/** What was found, after set-up. */
export interface WelcomeModel extends Shell {
  /** True while there is no camera but the test pattern. */
  readonly isFirst: boolean;
  readonly webcams: readonly FoundWebcam[];
  /** Why others are not found. */
  readonly missing: MissingWebcams | null;
  /** Network cameras found; null before a search. */
  readonly network?: readonly FoundNetworkCamera[] | null;
  readonly error: Problem | null;
}

/** The fields of a camera form as entered. */
export interface CameraValues {
  readonly name: string;
  /** Of an address without path and login, unless an admin asked for them. */
  readonly source: string;
  /** The id of a maker; empty if unknown. */
  readonly maker?: string;
  readonly path?: string;
  /** The second, smaller stream of a network camera; shown as the source is. */
  readonly substream?: string;
  /** The camera's own user. */
  readonly user?: string;
  /** The id under which the server keeps the password that was entered; empty for none. */
  readonly kept?: string;
}

/** Adding a camera, or changing one. */
export interface CameraFormModel extends Shell {
  /** Null while adding. */
  readonly camera: CameraDetails | null;
  readonly values: CameraValues;
  /** Webcams found on this machine. */
  readonly webcams: readonly FoundWebcam[];
  /** Why others are not found. */
  readonly missing: MissingWebcams | null;
  /** Network cameras found; null before a search. */
  readonly network?: readonly FoundNetworkCamera[] | null;
  /** Result of the last test of `values.source`. */
  readonly test: TestResult | null;
  /** Why a camera that is to be added shows no picture: asks whether to add it. */
  readonly question?: Problem | null;
  readonly error: Problem | null;
}

/** The page with a camera's controls, from which the live page's script takes the form. */
export interface CameraControlsModel extends Shell {
  readonly camera: CameraInfo;
  readonly watching: Watching;
  /** True if `/cameras/:id/poster.jpg` has an image. */
  readonly hasPoster: boolean;
  /** Empty for a camera that has none or is unreachable. */
  readonly controls: readonly Control[];
  /** How the camera can be moved. */
  readonly ptz?: Ptz;
  /** Why the camera is unreachable. */
  readonly problem: Problem | null;
}

/** Users, for admins. */
export interface UsersModel extends Shell {
  readonly users: readonly User[];
  readonly error: Problem | null;
  /** Values entered for a new user, or for the one with this id, kept after an error. */
  readonly values: {
    readonly id: string | null;
    readonly username: string;
    readonly role: Role;
    readonly cameras: readonly string[] | null;
    readonly revokeTokens: boolean;
  } | null;
}

/** The user's password, sessions and tokens. */
export interface AccountModel extends Shell {
  readonly sessions: readonly SessionInfo[];
  readonly tokens: readonly TokenInfo[];
  /** The token just created, shown only once. */
  readonly newToken: NewToken | null;
  readonly error: Problem | null;
  /** The token that could not be created, as entered. */
  readonly typed?: { readonly name: string; readonly scope: string; readonly days: string };
}

/** A token with its secret. */
export interface NewToken extends TokenInfo {
  readonly token: string;
}

/** A camera's addresses for other programs. */
export interface ConnectModel extends Shell {
  readonly camera: CameraInfo;
  /** Scheme and host of this server as the browser sees them. */
  readonly server: string;
  /** The same for RTSP, such as `rtsp://cam.example.org:8554`; null where it isn't served. */
  readonly rtsp: string | null;
  /** The width and the maximum frame rate that the addresses ask for. */
  readonly width: number | 'source';
  readonly fps: number | null;
  /** The program whose instructions are open; see `presets.ts`. */
  readonly program: string | null;
  /** The token just created, shown only once. */
  readonly newToken: NewToken | null;
  /** True for users if the addresses need a token. */
  readonly mayCreateToken: boolean;
  /** Origins of other sites that may embed the camera. */
  readonly origins: readonly string[];
  readonly error: Problem | null;
  /** What was entered for a token that could not be created. */
  readonly typed?: { readonly name: string; readonly days: string };
}

/** A page with the player alone, for frames in pages of other sites. */
export interface EmbedModel extends Shell {
  /** Null if there is nothing to show, see `problem`. */
  readonly camera: CameraInfo | null;
  /** The token in the address. */
  readonly token: string | null;
  readonly width: number | 'source';
  readonly problem: Problem | null;
}

/** An error page. */
export interface ProblemModel extends Shell {
  readonly status: number;
  readonly problem: Problem;
}

/** The human-readable API reference. */
export interface ApiDescriptionModel extends Shell {
  /** Scheme and host of this server as the browser sees them. */
  readonly server: string;
  /** The OpenAPI 3 document. */
  readonly spec: unknown;
}

/** Every page: a pure function from its model to a whole HTML document. */
export interface Pages {
  live(model: LiveModel): string;
  grid(model: GridModel): string;
  still(model: StillModel): string;
  photos(model: PhotosModel): string;
  photo(model: PhotoModel): string;
  sharedPhoto(model: SharedPhotoModel): string;
  login(model: LoginModel): string;
  setup(model: SetupModel): string;
  welcome(model: WelcomeModel): string;
  settingsCameras(model: SettingsCamerasModel): string;
  cameraForm(model: CameraFormModel): string;
  cameraControls(model: CameraControlsModel): string;
  users(model: UsersModel): string;
  account(model: AccountModel): string;
  connect(model: ConnectModel): string;
  embed(model: EmbedModel): string;
  problem(model: ProblemModel): string;
  apiDescription(model: ApiDescriptionModel): string;
}

import type { CameraDetails, CameraInfo } from '../domain/camera.ts';
import type { Control } from '../domain/control.ts';
import type { Problem } from '../domain/errors.ts';
import type { Device } from '../domain/mode.ts';
import type { Photo, PhotoDay } from '../domain/photo.ts';
import type { Role } from '../domain/role.ts';
import type { SessionInfo, TokenInfo, User } from '../domain/user.ts';
import type { Watching } from '../domain/watching.ts';

/** URLs of the built browser files, as `dist/assets.json` holds them. */
export interface Assets {
  /** The style sheet of every page. */
  readonly style: string;
  /** The script of the live page and the grid. */
  readonly live: string;
  /** The script of the gallery and the photo viewer. */
  readonly photos: string;
  /** The script of settings, users, account, sign-in and the API description. */
  readonly settings: string;
  /** What each script imports, to be asked for together with it. */
  readonly imports?: Readonly<Record<string, readonly string[]>>;
}

/** A message about what the last form did, shown once on the next page. */
export interface Flash {
  readonly kind: 'done' | 'error';
  readonly text: string;
  /** A technical detail, folded away. */
  readonly details?: string;
  /** A form that takes it back: posts `ids` (repeated) to `action`. */
  readonly undo?: { readonly action: string; readonly ids: readonly string[] };
}

/** What every page shows around its own content. */
export interface Shell {
  /** Who is signed in; null before sign-in and for the public. */
  readonly user: { readonly username: string; readonly role: Role } | null;
  /** The token that every form carries as `_csrf`. */
  readonly csrf: string;
  /** The cameras this person may see, in their order. */
  readonly cameras: readonly CameraInfo[];
  readonly flash: Flash | null;
  /** The path of this request, with its query: where sign-in returns to. */
  readonly path: string;
  readonly assets: Assets;
  /** Porthole's own version. */
  readonly version: string;
  readonly access: 'private' | 'public';
}

/** The live page: one camera. */
export interface LiveModel extends Shell {
  /** Null while no camera is configured, or none that this person may see. */
  readonly camera: CameraInfo | null;
  readonly watching: Watching;
  /** The latest photos, newest first, at most 12. */
  readonly photos: readonly Photo[];
  /** True for operators and admins. */
  readonly mayCapture: boolean;
  /** True if `/cameras/:id/poster.jpg` has a picture. */
  readonly hasPoster: boolean;
  /** True for a wall-mounted screen: nothing but the picture. */
  readonly kiosk: boolean;
}

/** One camera of the grid. */
export interface GridTile {
  readonly camera: CameraInfo;
  readonly watching: Watching;
  /** True if `/cameras/:id/poster.jpg` has a picture. */
  readonly hasPoster: boolean;
}

/** All cameras at once. */
export interface GridModel extends Shell {
  readonly tiles: readonly GridTile[];
  /** True for a wall-mounted screen: nothing but the pictures. */
  readonly kiosk?: boolean;
}

/** Photos of one day on one page of the gallery. */
export interface GalleryDay {
  /** `YYYY-MM-DD` in the server's time zone. */
  readonly day: string;
  /** The heading; made from the day when missing (Today, Yesterday, Sunday, 22 November). */
  readonly label?: string;
  /** Those of its photos that are on this page, newest first. */
  readonly photos: readonly Photo[];
  /** How many the whole day has, and their size. */
  readonly total: PhotoDay;
}

/** The gallery. */
export interface PhotosModel extends Shell {
  readonly days: readonly GalleryDay[];
  /** Given as `before` for the next page; null on the last. */
  readonly next: string | null;
  /** All photos this person may see (of the filtered camera). */
  readonly usage: { readonly count: number; readonly bytes: number };
  /** True for operators and admins. */
  readonly mayDelete: boolean;
  readonly filter: {
    /** The id of the only camera shown, or null for all. */
    readonly camera: string | null;
    /** What came as `before`; null on the first page. */
    readonly before: string | null;
  };
}

/** One photo, large. */
export interface PhotoModel extends Shell {
  readonly photo: Photo;
  /** The id of the photo taken after this one. */
  readonly newer: string | null;
  /** The id of the photo taken before this one. */
  readonly older: string | null;
  /** True for operators and admins. */
  readonly mayDelete: boolean;
}

/** Sign-in. */
export interface LoginModel extends Shell {
  readonly error: Problem | null;
  /** What was typed before, kept after a wrong password. */
  readonly username: string;
  /** Where to go after sign-in: a path of this server. */
  readonly next: string;
}

/** The first account. */
export interface SetupModel extends Shell {
  /** The one-time code from the link, or empty. */
  readonly code: string;
  readonly error: Problem | null;
  /** Which input the error is about: `code`, `username` or `password`. */
  readonly field: string | null;
  readonly username: string;
}

/** Settings: the cameras. */
export interface SettingsCamerasModel extends Shell {
  readonly details: readonly CameraDetails[];
  /** What was found on this machine. */
  readonly devices: readonly Device[];
  /** The ids of the cameras whose `/cameras/:id/poster.jpg` has a picture; unknown when missing. */
  readonly posters?: readonly string[];
  /** The other sites whose pages may read pictures. */
  readonly origins?: readonly string[];
}

/** What a form for a camera holds, as typed. */
export interface CameraValues {
  readonly name: string;
  /** With its password hidden. */
  readonly source: string;
}

/** What a test of a source found. */
export type TestResult =
  | {
      readonly ok: true;
      /** Pixels. */
      readonly width: number;
      /** Pixels. */
      readonly height: number;
      /** Measured frames per second, if known. */
      readonly fps: number | null;
      /** FFmpeg's name of what the source delivers. */
      readonly format: string;
      /** The picture as a `data:image/jpeg;base64,…` URL. */
      readonly picture: string;
    }
  | { readonly ok: false; readonly problem: Problem };

/** Adding a camera, or changing one. */
export interface CameraFormModel extends Shell {
  /** Null while adding. */
  readonly camera: CameraDetails | null;
  readonly values: CameraValues;
  /** What was found on this machine. */
  readonly devices: readonly Device[];
  /** What the last test of `values.source` found. */
  readonly test: TestResult | null;
  readonly error: Problem | null;
}

/** The controls of a camera, on a page of their own; scripts of the live page take them from there. */
export interface CameraControlsModel extends Shell {
  readonly camera: CameraInfo;
  readonly watching: Watching;
  /** True if `/cameras/:id/poster.jpg` has a picture. */
  readonly hasPoster: boolean;
  /** None for a camera that has none, or that cannot be reached. */
  readonly controls: readonly Control[];
  /** Why the camera cannot be reached. */
  readonly problem: Problem | null;
}

/** Users, for admins. */
export interface UsersModel extends Shell {
  readonly users: readonly User[];
  readonly error: Problem | null;
  /** What was typed for a new user, kept after an error. */
  readonly values: {
    readonly username: string;
    readonly role: Role;
    readonly cameras: readonly string[] | null;
  } | null;
}

/** One's own password, sessions and tokens. */
export interface AccountModel extends Shell {
  readonly sessions: readonly SessionInfo[];
  readonly tokens: readonly TokenInfo[];
  /** The token just made: shown this once. */
  readonly newToken: string | null;
  readonly error: Problem | null;
}

/** A page that says what went wrong. */
export interface ProblemModel extends Shell {
  readonly status: number;
  readonly problem: Problem;
}

/** The readable description of the API. */
export interface ApiDescriptionModel extends Shell {
  /** The OpenAPI 3 document. */
  readonly spec: unknown;
}

/** Every page: a pure function from its model to a whole HTML document. */
export interface Pages {
  live(model: LiveModel): string;
  grid(model: GridModel): string;
  photos(model: PhotosModel): string;
  photo(model: PhotoModel): string;
  login(model: LoginModel): string;
  setup(model: SetupModel): string;
  settingsCameras(model: SettingsCamerasModel): string;
  cameraForm(model: CameraFormModel): string;
  cameraControls(model: CameraControlsModel): string;
  users(model: UsersModel): string;
  account(model: AccountModel): string;
  problem(model: ProblemModel): string;
  apiDescription(model: ApiDescriptionModel): string;
}

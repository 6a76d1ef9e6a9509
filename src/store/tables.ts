import type { Generated } from 'kysely';

/** A point in time as a table of better-auth stores it: ISO 8601 text in SQLite, `timestamptz` in Postgres. */
export type StoredDate = string | Date;

/** Who may sign in; the columns that better-auth alone uses are left out. */
export interface UsersTable {
  id: string;
  /** In lower case: what sign-in compares. */
  username: string;
  /** As it was written. */
  displayUsername: string | null;
  role: string;
  /** A JSON list of camera ids, or null for all. */
  cameras: string | null;
  /** Grows with every change of role or cameras, which ends earlier grants. */
  accessRevision: Generated<number>;
  /** Grows with every change of the password. */
  passwordRevision: Generated<number>;
  createdAt: StoredDate;
}

/** Sign-ins, kept by better-auth. */
export interface SessionsTable {
  id: string;
  token: string;
  userId: string;
  expiresAt: StoredDate;
  createdAt: StoredDate;
  updatedAt: StoredDate;
  ipAddress: string | null;
  userAgent: string | null;
}

/** API tokens: our own, see docs/decisions/002-tokens.md. */
export interface TokensTable {
  id: string;
  userId: string;
  name: string;
  /** SHA-256 of the token, in hexadecimal. */
  hash: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  lastUsedAt: number | null;
  /** `full` or `watch`. */
  scope: Generated<string>;
  /** A JSON list of camera ids, or null for all that its user may see. */
  cameras: string | null;
  /** Milliseconds since the epoch, or null for never. */
  expiresAt: number | null;
}

/** Configured cameras. */
export interface CamerasTable {
  id: string;
  name: string;
  source: string;
  /** 1 or 0. */
  enabled: number;
  position: number;
  /** 1 or 0. */
  bestPhotos: number;
  /** The address of a second, smaller stream; null without one. */
  substream: string | null;
}

/** The ids of all cameras that exist or ever existed. */
export interface CameraIdsTable {
  id: string;
}

/** One row for each photo file. */
export interface PhotosTable {
  id: string;
  cameraId: string;
  cameraName: string;
  /** Milliseconds since the epoch. */
  takenAt: number;
  takenBy: string | null;
  width: number;
  height: number;
  bytes: number;
  fileName: string;
  /** `YYYY-MM-DD` where the server stood when the photo was taken. */
  day: string;
  /** Milliseconds since the epoch when it went into the trash, null while it is listed. */
  deletedAt: number | null;
}

/** Links that show one photo to anybody. */
export interface PhotoLinksTable {
  id: string;
  photoId: string;
  /** Who made it. */
  userId: string;
  /** Milliseconds since the epoch, as are the others. */
  createdAt: number;
  expiresAt: number;
  revokedAt: number | null;
}

/** Settings as JSON. */
export interface SettingsTable {
  key: string;
  value: string;
}

/** What Sessions watch. */
export interface WatchingTable {
  sessionId: string;
  cameraId: string;
  /** 1 or 0. */
  streaming: number;
  /** Pixels; null for the source's own size. */
  width: number | null;
  /** Milliseconds since the epoch. */
  updatedAt: number;
}

/** What cameras' controls were set to. */
export interface CameraControlsTable {
  cameraId: string;
  controlId: string;
  value: number;
}

/** How users see all cameras. */
export interface GridsTable {
  userId: string;
  /** One of `gridLayouts`. */
  layout: string;
  /** A JSON list of camera ids. */
  cameraOrder: string;
  /** 1 or 0. */
  autoStart: number;
}

/** Every table that Porthole's own SQL touches. */
export interface Tables {
  users: UsersTable;
  sessions: SessionsTable;
  tokens: TokensTable;
  cameras: CamerasTable;
  cameraIds: CameraIdsTable;
  photos: PhotosTable;
  photoLinks: PhotoLinksTable;
  settings: SettingsTable;
  watching: WatchingTable;
  cameraControls: CameraControlsTable;
  grids: GridsTable;
}

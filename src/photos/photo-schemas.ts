import { Type } from 'typebox';
import { count, millis, text } from '../http/schemas.ts';

/** Ten thousand ids fit into a body of this size, in bytes. */
export const idsLimit = 512 * 1024;

/** A photo. */
export const PhotoSchema = Type.Object(
  {
    id: Type.String(),
    cameraId: Type.String(),
    cameraName: Type.String(),
    takenAt: millis('When it was taken'),
    takenBy: Type.Union([Type.String(), Type.Null()]),
    width: Type.Integer(),
    height: Type.Integer(),
    bytes: count('The size of the file'),
    fileName: Type.String(),
  },
  { title: 'Photo' },
);
/** One page of photos. */
export const PhotoPageSchema = Type.Object(
  {
    photos: Type.Array(PhotoSchema),
    next: Type.Union([Type.String(), Type.Null()], { description: '`before` of the older page; null on the last' }),
    previous: Type.Union([Type.String(), Type.Null()], { description: '`after` of the newer page; null on the first' }),
  },
  { title: 'PhotoPage' },
);
/** Which photos to list. */
export const PhotoQuery = Type.Object({
  camera: Type.Optional(text('Only photos of this camera', 60)),
  before: Type.Optional(text('`next` of another page: its older photos')),
  after: Type.Optional(text('`previous` of another page: its newer photos')),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 60 })),
});
/** The photos of one day. */
export const PhotoDaySchema = Type.Object(
  {
    day: Type.String({ description: "YYYY-MM-DD in the server's time zone, or in `zone`" }),
    count: count('Number of photos'),
    bytes: count('Size of their files'),
  },
  { title: 'PhotoDay' },
);
/** Which days to list. */
export const PhotoDayQuery = Type.Object({
  camera: PhotoQuery.properties.camera,
  zone: Type.Optional(text("Days of this time zone (IANA) instead of the server's", 64)),
});
/** What to restore. */
export const Restoring = Type.Object(
  {
    ids: Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { maxItems: 10_000 })),
    deletion: Type.Optional(Type.Integer({ description: 'What deleting days or all has answered' })),
  },
  { title: 'PhotosToRestore' },
);
/** The photos that were changed. */
export const Changed = Type.Object(
  {
    ids: Type.Array(Type.String(), { description: 'Empty where days or all were chosen' }),
    count: count('Number of photos'),
    deletion: Type.Optional(Type.Integer({ description: 'Restores them all, where days or all were chosen' })),
  },
  { title: 'ChangedPhotos' },
);

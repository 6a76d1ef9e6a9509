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
    next: Type.Union([Type.String(), Type.Null()], { description: '`before` of the next page; null on the last' }),
  },
  { title: 'PhotoPage' },
);
/** Which photos to list. */
export const PhotoQuery = Type.Object({
  camera: Type.Optional(text('Only photos of this camera', 60)),
  before: Type.Optional(text('`next` of the previous page')),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 60 })),
});
/** The photos of one day. */
export const PhotoDaySchema = Type.Object(
  {
    day: Type.String({ description: "YYYY-MM-DD in the server's time zone" }),
    count: count('Number of photos'),
    bytes: count('Size of their files'),
  },
  { title: 'PhotoDay' },
);
/** Ids of photos. */
export const PhotoIds = Type.Object(
  {
    ids: Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 10_000 }),
  },
  { title: 'PhotoIds' },
);
/** The ids of the photos that were changed. */
export const IdList = Type.Object({ ids: Type.Array(Type.String()) }, { title: 'ChangedPhotos' });

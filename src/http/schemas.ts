import { type TSchema, Type } from 'typebox';
import { problems } from '../domain/errors.ts';

/** Replies by status. They describe: services return nothing that may not be seen, so nothing is cut out. */
export function replies(schemas: Readonly<Record<number, TSchema>>): Record<string, TSchema> {
  return { ...schemas, '4xx': ErrorReply, '5xx': ErrorReply };
}

const Text = (description: string, maxLength = 200): Type.TString => Type.String({ description, maxLength });
const Millis = (description: string): Type.TNumber =>
  Type.Number({ description: `${description}, milliseconds since the epoch` });
const Count = (description: string): Type.TInteger => Type.Integer({ minimum: 0, description });

/** What went wrong. */
export const ProblemSchema = Type.Object({
  code: Type.String({ description: 'Stable; see docs/errors.md', enum: Object.keys(problems) }),
  message: Type.String({ description: 'What happened and what to do, for a person' }),
  field: Type.Optional(Type.String({ description: 'Which input is wrong' })),
  detail: Type.Optional(Type.String({ description: 'A technical detail' })),
});
/** Every failed answer of the API. */
export const ErrorReply = Type.Object({ error: ProblemSchema }, { description: 'What went wrong' });
/** Nothing. */
export const NoContent = Type.Null({ description: 'Done' });

/** `:id` of a camera. */
export const CameraParams = Type.Object({ id: Type.String({ description: "The camera's id", maxLength: 60 }) });
/** `:id` of anything else: opaque. */
export const IdParams = Type.Object({ id: Type.String({ description: 'An opaque id', maxLength: 100 }) });

const Size = Type.Object({ width: Type.Integer(), height: Type.Integer() }, { description: 'Pixels' });
const CameraStateSchema = Type.Union([
  Type.Object({ kind: Type.Literal('closed') }),
  Type.Object({
    kind: Type.Literal('opening'),
    since: Millis('Since when'),
    photo: Type.Optional(Type.Literal(true, { description: 'The Mode is switched for a photo' })),
  }),
  Type.Object({
    kind: Type.Literal('live'),
    since: Millis('Since when'),
    width: Type.Integer(),
    height: Type.Integer(),
    fps: Type.Number({ description: 'Measured; 0 until known' }),
    format: Type.String({ description: "FFmpeg's name of what the source delivers" }),
    claimedFps: Type.Optional(Type.Number({ description: 'The rate that the source says it has' })),
    audio: Type.Optional(Type.Literal(true, { description: 'It has sound as well' })),
    warning: Type.Optional(Type.String({ description: 'Why this is not the mode that was asked for' })),
  }),
  Type.Object({
    kind: Type.Literal('reconnecting'),
    problem: ProblemSchema,
    since: Millis('Since when'),
    retryAt: Millis('When it is tried next'),
  }),
  Type.Object({ kind: Type.Literal('off') }),
]);
/** A camera as everybody who may see it sees it. */
export const CameraSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  state: CameraStateSchema,
  enabled: Type.Boolean({ description: 'False while an admin has switched it off' }),
  position: Count('Where it stands among the others'),
  widths: Type.Array(Type.Integer(), { description: 'Widths it offers, in pixels' }),
  size: Type.Union([Size, Type.Null()]),
});
const ModeSchema = Type.Object({
  format: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
  fps: Type.Number(),
});
/** What admins see of a camera. */
export const CameraDetailsSchema = Type.Object({
  ...CameraSchema.properties,
  source: Type.String({ description: 'Any password is replaced by •••' }),
  fixed: Type.Boolean({ description: 'True for a camera given at the start: its source is changed there' }),
  modes: Type.Array(ModeSchema),
  bestPhotos: Type.Boolean({ description: 'True if a photo may take the device to its largest Mode for a moment' }),
});
/** A camera for viewers or for admins. */
export const AnyCameraSchema = Type.Union([CameraDetailsSchema, CameraSchema]);
/** A capture device of this machine. */
export const DeviceSchema = Type.Object({
  path: Type.String(),
  node: Type.String(),
  name: Type.String(),
  bus: Type.Optional(Type.String({ description: 'Where it is plugged in' })),
  modes: Type.Array(ModeSchema),
});

const sourceText =
  '/dev/video0, rtsp://…, rtsps://…, http://…, https://…, file:PATH or test:, with ?width=&height=&fps= where they apply';
/** A new camera. */
export const NewCamera = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 60 }),
  source: Type.String({ description: sourceText, minLength: 1, maxLength: 2000 }),
});
/** A change of a camera. */
export const CameraChange = Type.Object({
  name: Type.Optional(NewCamera.properties.name),
  source: Type.Optional(NewCamera.properties.source),
  enabled: Type.Optional(Type.Boolean()),
  bestPhotos: Type.Optional(Type.Boolean()),
});
/** A source to try. */
export const SourceToTest = Type.Object({
  source: NewCamera.properties.source,
  camera: Type.Optional(Text('The id of the camera whose stored password ••• stands for', 60)),
});
/** What a try of a source found. */
export const SourceTestReply = Type.Union([
  Type.Object({
    ok: Type.Literal(true),
    width: Type.Integer(),
    height: Type.Integer(),
    fps: Type.Union([Type.Number(), Type.Null()]),
    format: Type.String(),
    picture: Type.String({ description: 'A data: URL of a JPEG' }),
  }),
  Type.Object({ ok: Type.Literal(false), problem: ProblemSchema }),
]);
/** Ids of cameras, in their new order. */
export const CameraOrder = Type.Object({ ids: Type.Array(Type.String({ maxLength: 60 }), { maxItems: 1000 }) });

/** A photo. */
export const PhotoSchema = Type.Object({
  id: Type.String(),
  cameraId: Type.String(),
  cameraName: Type.String(),
  takenAt: Millis('When it was captured'),
  takenBy: Type.Union([Type.String(), Type.Null()]),
  width: Type.Integer(),
  height: Type.Integer(),
  bytes: Count('The size of the file'),
  fileName: Type.String(),
});
/** One page of photos. */
export const PhotoPageSchema = Type.Object({
  photos: Type.Array(PhotoSchema),
  next: Type.Union([Type.String(), Type.Null()], { description: '`before` of the next page; null on the last' }),
});
/** Which photos. */
export const PhotoQuery = Type.Object({
  camera: Type.Optional(Text('Only of this camera', 60)),
  before: Type.Optional(Text('`next` of the page before')),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 60 })),
});
/** The photos of one day. */
export const PhotoDaySchema = Type.Object({
  day: Type.String({ description: "YYYY-MM-DD in the server's time zone" }),
  count: Count('Photos'),
  bytes: Count('Their size'),
});
/** Ids of photos. */
export const PhotoIds = Type.Object({
  ids: Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 10_000 }),
});
/** Ids that something was done to. */
export const IdList = Type.Object({ ids: Type.Array(Type.String()) });

/** What a User may do. */
export const RoleSchema = Type.Union([Type.Literal('viewer'), Type.Literal('operator'), Type.Literal('admin')]);
const CameraList = Type.Union([Type.Array(Type.String({ maxLength: 60 }), { maxItems: 1000 }), Type.Null()], {
  description: 'Ids of the cameras they may see; null for all',
});
const Username = Type.String({ minLength: 1, maxLength: 30 });
const Password = Type.String({ minLength: 1, maxLength: 200 });
/** Who asks. */
export const MeSchema = Type.Object({
  username: Type.Union([Type.String(), Type.Null()]),
  role: RoleSchema,
  csrfToken: Type.Union([Type.String(), Type.Null()], {
    description: 'For the header x-csrf-token; null for tokens, which need none',
  }),
});
/** A user. */
export const UserSchema = Type.Object({
  id: Type.String(),
  username: Type.String(),
  role: RoleSchema,
  cameras: CameraList,
  createdAt: Millis('When they were added'),
});
/** A new user. */
export const NewUser = Type.Object({
  username: Username,
  password: Password,
  role: RoleSchema,
  cameras: Type.Optional(CameraList),
});
/** A change of a user. */
export const UserChange = Type.Object({
  role: Type.Optional(RoleSchema),
  cameras: Type.Optional(CameraList),
  password: Type.Optional(Password),
});
/** A change of one's own password. */
export const PasswordChange = Type.Object({ current: Password, next: Password });
/** A sign-in. */
export const SessionSchema = Type.Object({
  id: Type.String(),
  createdAt: Millis('When they signed in'),
  lastSeenAt: Millis('When they were last here'),
  ipAddress: Type.Union([Type.String(), Type.Null()]),
  userAgent: Type.Union([Type.String(), Type.Null()]),
  current: Type.Boolean({ description: 'True for the session that asks' }),
});
/** A token, without its secret. */
export const TokenSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  username: Type.String(),
  createdAt: Millis('When it was made'),
  lastUsedAt: Type.Union([Type.Number(), Type.Null()]),
});
/** A new token's name. */
export const NewToken = Type.Object({ name: Type.String({ minLength: 1, maxLength: 60 }) });
/** A new token with its secret, shown this once. */
export const TokenReply = Type.Object({ token: Type.String(), info: TokenSchema });
/** What admins decide for the whole server. */
export const SettingsSchema = Type.Object({
  origins: Type.Array(Type.String({ maxLength: 300 }), {
    maxItems: 50,
    description: 'Origins whose pages may read pictures (CORS), such as http://mainsail.local',
  }),
});

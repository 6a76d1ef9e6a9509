import { Type } from 'typebox';
import { count, millis, ProblemSchema, text } from '../http/schemas.ts';

const Size = Type.Object({ width: Type.Integer(), height: Type.Integer() }, { title: 'Size', description: 'Pixels' });
const CameraStateSchema = Type.Union(
  [
    Type.Object({ kind: Type.Literal('closed') }, { title: 'ClosedState' }),
    Type.Object(
      {
        kind: Type.Literal('opening'),
        since: millis('Since when'),
        photo: Type.Optional(Type.Literal(true, { description: 'The device changes its mode for a photo' })),
        waitingFor: Type.Optional(Type.Literal('keyframe', { description: 'Frames arrive, but no keyframe yet' })),
      },
      { title: 'OpeningState' },
    ),
    Type.Object(
      {
        kind: Type.Literal('live'),
        since: millis('Since when'),
        width: Type.Integer(),
        height: Type.Integer(),
        fps: Type.Number({ description: 'Measured; 0 until known' }),
        format: Type.String({ description: "FFmpeg's name of the source's format" }),
        claimedFps: Type.Optional(Type.Number({ description: 'The frame rate that the source claims' })),
        audio: Type.Optional(Type.Literal(true, { description: 'The source has audio' })),
        warning: Type.Optional(
          Type.String({ description: 'Why this is not the requested mode, or why some sizes show few frames' }),
        ),
      },
      { title: 'LiveState' },
    ),
    Type.Object(
      {
        kind: Type.Literal('reconnecting'),
        problem: ProblemSchema,
        since: millis('Since when'),
        retryAt: millis('Time of the next attempt'),
      },
      { title: 'ReconnectingState' },
    ),
    Type.Object({ kind: Type.Literal('off') }, { title: 'OffState' }),
  ],
  { title: 'CameraState' },
);

/** A camera as its viewers see it. */
export const CameraSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    state: CameraStateSchema,
    enabled: Type.Boolean({ description: 'False while an admin has switched it off' }),
    position: count('Its place in the order of cameras'),
    widths: Type.Array(Type.Integer(), { description: 'The widths it offers, in pixels' }),
    size: Type.Union([Size, Type.Null()]),
    small: Type.Optional(
      Type.Object(
        { width: Type.Integer(), codec: Type.Union([Type.Literal('jpeg'), Type.Literal('h264')]) },
        {
          title: 'SmallVideo',
          description: 'Of a camera with a sub-stream: up to this width, video of this codec usually is passed through',
        },
      ),
    ),
  },
  { title: 'Camera' },
);
const ModeSchema = Type.Object(
  {
    format: Type.String(),
    width: Type.Integer(),
    height: Type.Integer(),
    fps: Type.Number(),
  },
  { title: 'Mode' },
);
const CameraDetailsSchema = Type.Object(
  {
    ...CameraSchema.properties,
    source: Type.String({
      description:
        'Of an address only scheme, host and port, and /… for the rest; GET /api/cameras/{id}/source has all of it',
    }),
    substream: Type.Union([Type.String(), Type.Null()], {
      description: 'Of a network camera: its second, smaller stream, shown like the source; null without one',
    }),
    fixed: Type.Boolean({
      description: 'True for a camera from the command line: its source can only be changed there',
    }),
    modes: Type.Array(ModeSchema),
    bestPhotos: Type.Boolean({ description: 'True if a photo may switch the device to its largest mode for a moment' }),
  },
  { title: 'CameraDetails' },
);
/** A source with its secrets. */
export const SourceReply = Type.Object(
  { source: Type.String(), substream: Type.Optional(Type.String()) },
  { title: 'Source' },
);
/** A camera for viewers or for admins. */
export const AnyCameraSchema = Type.Union([CameraDetailsSchema, CameraSchema]);
/** A capture device of this machine. */
export const DeviceSchema = Type.Object(
  {
    path: Type.String(),
    node: Type.String(),
    name: Type.String(),
    bus: Type.Optional(Type.String({ description: 'Where it is plugged in' })),
    modes: Type.Array(ModeSchema),
  },
  { title: 'Device' },
);

/** A network camera that has answered a search. */
export const FoundNetworkCameraSchema = Type.Object(
  {
    address: Type.String({ description: 'Its IP address, which POST /api/cameras/test takes as the source' }),
    name: Type.String({ description: 'What it calls itself' }),
    model: Type.String({ description: 'Empty if unknown' }),
    camera: Type.Union([Type.Object({ id: Type.String(), name: Type.String() }), Type.Null()], {
      description: 'The camera with this address, if it has been added',
    }),
  },
  { title: 'FoundNetworkCamera' },
);

const sourceText =
  '/dev/video0, rtsp://…, rtsps://…, http://…, https://…, file:PATH or test:, with ?width=&height=&fps= where they apply';
const Substream = Type.String({
  description:
    'Of a network camera: the address of its second, smaller stream, or the path of it on the same host. Small sizes are made from it. Empty for none',
  maxLength: 2000,
});
/** A new camera. */
export const NewCamera = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 60 }),
    source: Type.String({ description: sourceText, minLength: 1, maxLength: 2000 }),
    substream: Type.Optional(Substream),
  },
  { title: 'NewCamera' },
);
/** A change of a camera. */
export const CameraChange = Type.Object(
  {
    name: Type.Optional(NewCamera.properties.name),
    source: Type.Optional(NewCamera.properties.source),
    enabled: Type.Optional(Type.Boolean()),
    bestPhotos: Type.Optional(Type.Boolean()),
    substream: Type.Optional(Substream),
  },
  { title: 'CameraChange' },
);
/** A source to test. */
export const SourceToTest = Type.Object(
  {
    source: Type.String({
      description: `${sourceText}; or a host, such as 192.168.1.20, on which likely addresses are tried in turn`,
      minLength: 1,
      maxLength: 2000,
    }),
    camera: Type.Optional(text('The id of the camera whose stored source is meant if the given one is as shown', 60)),
    maker: Type.Optional(text('Of a host: the maker whose usual addresses are tried; all are tried if left out', 60)),
    path: Type.Optional(text('Of a host: the path, if known', 1000)),
    user: Type.Optional(text("The camera's own user, if its address has none", 200)),
    password: Type.Optional(text('The password of that user', 1000)),
    substream: Type.Optional(
      text(
        "The address or path of the camera's second, smaller stream; left out, the usual one of its maker is tried",
        2000,
      ),
    ),
  },
  { title: 'SourceToTest' },
);
const Working = {
  ok: Type.Literal(true),
  width: Type.Integer(),
  height: Type.Integer(),
  fps: Type.Union([Type.Number(), Type.Null()], { description: 'Measured' }),
  claimedFps: Type.Optional(Type.Number({ description: 'The frame rate that the source claims' })),
  format: Type.String(),
};
const Failing = { ok: Type.Literal(false), problem: ProblemSchema };
const SubstreamSource = Type.String({ description: 'Its address, as it was given or found, without login' });
/** The result of testing a source. */
export const SourceTestReply = Type.Union(
  [
    Type.Object(
      {
        ...Working,
        picture: Type.String({ description: 'A data: URL of a JPEG' }),
        source: Type.Optional(Type.String({ description: 'Of a host: the address that works, without login' })),
        substream: Type.Optional(
          Type.Union(
            [
              Type.Object({ source: SubstreamSource, ...Working }, { title: 'WorkingSubstream' }),
              Type.Object({ source: SubstreamSource, ...Failing }, { title: 'FailingSubstream' }),
            ],
            { title: 'SubstreamTest' },
          ),
        ),
      },
      { title: 'WorkingSource' },
    ),
    Type.Object(Failing, { title: 'FailingSource' }),
  ],
  { title: 'SourceTest' },
);
/** Ids of cameras in their new order. */
export const CameraOrder = Type.Object(
  { ids: Type.Array(Type.String({ maxLength: 60 }), { maxItems: 1000 }) },
  { title: 'CameraOrder' },
);

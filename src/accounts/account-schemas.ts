import { Type } from 'typebox';
import { tokenScopes } from '../domain/users/token-scope.ts';
import { millis, RoleSchema } from '../http/schemas.ts';

const CameraList = Type.Union([Type.Array(Type.String({ maxLength: 60 }), { maxItems: 1000 }), Type.Null()], {
  description: 'Ids of the cameras they may see; null for all',
});
const Username = Type.String({ minLength: 1, maxLength: 30 });
const Password = Type.String({ minLength: 1, maxLength: 200 });

/** A user. */
export const UserSchema = Type.Object(
  {
    id: Type.String(),
    username: Type.String(),
    role: RoleSchema,
    cameras: CameraList,
    createdAt: millis('When they were added'),
  },
  { title: 'User' },
);
/** A new user. */
export const NewUser = Type.Object(
  {
    username: Username,
    password: Password,
    role: RoleSchema,
    cameras: Type.Optional(CameraList),
  },
  { title: 'NewUser' },
);
/** A change of a user. */
export const UserChange = Type.Object(
  {
    role: Type.Optional(RoleSchema),
    cameras: Type.Optional(CameraList),
    password: Type.Optional(Password),
    revokeTokens: Type.Optional(
      Type.Boolean({ description: 'True to revoke all their tokens; a new password alone revokes none' }),
    ),
  },
  { title: 'UserChange' },
);
/** A change of your own password. */
export const PasswordChange = Type.Object({ current: Password, next: Password }, { title: 'PasswordChange' });
/** A signed-in session. */
export const SessionSchema = Type.Object(
  {
    id: Type.String(),
    createdAt: millis('When they signed in'),
    lastSeenAt: millis('When the session was last used'),
    ipAddress: Type.Union([Type.String(), Type.Null()]),
    userAgent: Type.Union([Type.String(), Type.Null()]),
    current: Type.Boolean({ description: 'True for the session of this request' }),
  },
  { title: 'Session' },
);
const Scope = Type.Union(
  tokenScopes.map((scope) => Type.Literal(scope)),
  { description: '"full": everything its user may do; "watch": only watching' },
);
const TokenCameras = Type.Union([Type.Array(Type.String({ maxLength: 60 }), { maxItems: 1000 }), Type.Null()], {
  description: 'With the scope "watch", ids of the cameras that it shows; null for all that its user may see',
});
const ExpiresAt = Type.Union([Type.Number(), Type.Null()], {
  description: 'When it ends, in milliseconds since the Unix epoch; null if it lasts until it is revoked',
});
/** A token without its secret. */
export const TokenSchema = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    username: Type.String(),
    createdAt: millis('When it was created'),
    lastUsedAt: Type.Union([Type.Number(), Type.Null()]),
    scope: Scope,
    cameras: TokenCameras,
    expiresAt: ExpiresAt,
    role: Type.Union([RoleSchema], { description: 'What it may do now: "admin" is everything' }),
  },
  { title: 'Token' },
);
/** A new token. By default it may do what its user may, until it is revoked. */
export const NewToken = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 60 }),
    scope: Type.Optional(Scope),
    cameras: Type.Optional(TokenCameras),
    expiresAt: Type.Optional(ExpiresAt),
  },
  { title: 'NewToken' },
);
/** A new token with its secret, which is shown only once. */
export const TokenReply = Type.Object({ token: Type.String(), info: TokenSchema }, { title: 'CreatedToken' });

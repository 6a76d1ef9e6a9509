import { Type } from 'typebox';
import type { App } from '../http/app-type.ts';
import { type Context, addCookies } from '../http/context.ts';
import { api, principalOf, userOf } from '../http/policy.ts';
import {
  IdParams,
  NewToken,
  NewUser,
  NoContent,
  PasswordChange,
  SessionSchema,
  TokenReply,
  TokenSchema,
  UserChange,
  UserSchema,
  replies,
} from '../http/schemas.ts';

/** Users, and one's own sessions, tokens and password, as JSON. */
export function registerAccountApi(app: App, context: Context): void {
  registerUsers(app, context);
  registerOwn(app, context);
}

function registerUsers(app: App, context: Context): void {
  const { accounts } = context;
  const tags = ['users'];
  app.get(
    '/api/users',
    {
      ...api('admin'),
      schema: { tags, summary: 'All users', response: replies({ 200: Type.Array(UserSchema) }) },
    },
    async (_request, reply) => reply.send(await accounts.users()),
  );
  app.post(
    '/api/users',
    {
      ...api('admin'),
      schema: { tags, summary: 'Add a user', body: NewUser, response: replies({ 201: UserSchema }) },
    },
    async (request, reply) => {
      const { username, password, role, cameras = null } = request.body;
      return reply.code(201).send(await accounts.addUser({ username, password, role, cameras }));
    },
  );
  app.patch(
    '/api/users/:id',
    {
      ...api('admin'),
      schema: {
        tags,
        summary: 'Change a user',
        params: IdParams,
        body: UserChange,
        response: replies({ 200: UserSchema }),
      },
    },
    async (request, reply) => {
      const { role, cameras, password } = request.body;
      const change = {
        ...(role === undefined ? {} : { role }),
        ...(cameras === undefined ? {} : { cameras }),
        ...(password === undefined ? {} : { password }),
      };
      return reply.send(await accounts.updateUser(request.params.id, change));
    },
  );
  app.delete(
    '/api/users/:id',
    {
      ...api('admin'),
      schema: { tags, summary: 'Remove a user', params: IdParams, response: replies({ 204: NoContent }) },
    },
    async (request, reply) => {
      await accounts.removeUser(request.params.id);
      return reply.code(204).send();
    },
  );
}

function registerOwn(app: App, context: Context): void {
  const { accounts } = context;
  const tags = ['account'];
  app.post(
    '/api/me/password',
    {
      ...api('signedIn'),
      schema: {
        tags,
        summary: 'Change your password; your other sessions end',
        body: PasswordChange,
        response: replies({ 204: NoContent }),
      },
    },
    async (request, reply) => {
      const { current, next } = request.body;
      const { setCookies } = await accounts.changePassword(principalOf(request), { current, next });
      addCookies(request, reply, setCookies);
      return reply.code(204).send();
    },
  );
  app.get(
    '/api/sessions',
    {
      ...api('signedIn'),
      schema: { tags, summary: 'Your sessions', response: replies({ 200: Type.Array(SessionSchema) }) },
    },
    async (request, reply) => reply.send(await accounts.sessions(principalOf(request))),
  );
  app.delete(
    '/api/sessions/:id',
    {
      ...api('signedIn'),
      schema: { tags, summary: 'End a session', params: IdParams, response: replies({ 204: NoContent }) },
    },
    async (request, reply) => {
      await accounts.revokeSession(principalOf(request), request.params.id);
      return reply.code(204).send();
    },
  );
  app.get(
    '/api/tokens',
    {
      ...api('signedIn'),
      schema: {
        tags,
        summary: 'Your tokens; all tokens for admins',
        response: replies({ 200: Type.Array(TokenSchema) }),
      },
    },
    async (request, reply) => reply.send(await accounts.tokens(principalOf(request))),
  );
  app.post(
    '/api/tokens',
    {
      ...api('signedIn'),
      schema: {
        tags,
        summary: 'Make a token; it is shown this once',
        body: NewToken,
        response: replies({ 201: TokenReply }),
      },
    },
    async (request, reply) => {
      const made = await accounts.createToken({ username: userOf(request).username, name: request.body.name });
      return reply.code(201).header('cache-control', 'no-store').send(made);
    },
  );
  app.delete(
    '/api/tokens/:id',
    {
      ...api('signedIn'),
      schema: { tags, summary: 'Revoke a token', params: IdParams, response: replies({ 204: NoContent }) },
    },
    async (request, reply) => {
      await accounts.revokeToken(principalOf(request), request.params.id);
      return reply.code(204).send();
    },
  );
}

import { Type } from 'typebox';
import { addCookies } from '../http/forms/form-answers.ts';
import type { App } from '../http/kernel.ts';
import { api, principalOf, userOf } from '../http/security/policy.ts';
import { IdParams, NoContent, replies } from '../http/schemas.ts';
import {
  NewToken,
  NewUser,
  PasswordChange,
  SessionSchema,
  TokenReply,
  TokenSchema,
  UserChange,
  UserSchema,
} from './account-schemas.ts';
import type { Accounts } from './accounts.ts';

/** The API of users, and of your own sessions, tokens and password. */
export function registerAccountApi(app: App, accounts: Accounts): void {
  registerUsers(app, accounts);
  registerOwn(app, accounts);
}

function registerUsers(app: App, accounts: Accounts): void {
  const tags = ['users'];
  app.get(
    '/api/users',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'listUsers',
        summary: 'List all users',
        response: replies({ 200: Type.Array(UserSchema) }),
      },
    },
    async (_request, reply) => reply.send(await accounts.users.list()),
  );
  app.post(
    '/api/users',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'addUser',
        summary: 'Add a user',
        body: NewUser,
        response: replies({ 201: UserSchema }),
      },
    },
    async (request, reply) => {
      const { username, password, role, cameras = null } = request.body;
      return reply.code(201).send(await accounts.users.add({ username, password, role, cameras }));
    },
  );
  app.patch(
    '/api/users/:id',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'updateUser',
        summary: 'Change a user',
        params: IdParams,
        body: UserChange,
        response: replies({ 200: UserSchema }),
      },
    },
    async (request, reply) => {
      const { role, cameras, password, revokeTokens } = request.body;
      const change = {
        revokeTokens,
        ...(role === undefined ? {} : { role }),
        ...(cameras === undefined ? {} : { cameras }),
        ...(password === undefined ? {} : { password }),
      };
      return reply.send(await accounts.users.update(request.params.id, change));
    },
  );
  app.delete(
    '/api/users/:id',
    {
      ...api('admin'),
      schema: {
        tags,
        operationId: 'removeUser',
        summary: 'Remove a user',
        params: IdParams,
        response: replies({ 204: NoContent }),
      },
    },
    async (request, reply) => {
      await accounts.users.remove(request.params.id);
      return reply.code(204).send();
    },
  );
}

function registerOwn(app: App, accounts: Accounts): void {
  const tags = ['account'];
  app.post(
    '/api/me/password',
    {
      ...api('signedIn'),
      schema: {
        tags,
        operationId: 'changePassword',
        summary: 'Change your password; this ends your other sessions',
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
      schema: {
        tags,
        operationId: 'listSessions',
        summary: 'List your sessions',
        response: replies({ 200: Type.Array(SessionSchema) }),
      },
    },
    async (request, reply) => reply.send(await accounts.sessions.list(principalOf(request))),
  );
  app.delete(
    '/api/sessions/:id',
    {
      ...api('signedIn'),
      schema: {
        tags,
        operationId: 'endSession',
        summary: 'End a session',
        params: IdParams,
        response: replies({ 204: NoContent }),
      },
    },
    async (request, reply) => {
      await accounts.sessions.revoke(principalOf(request), request.params.id);
      return reply.code(204).send();
    },
  );
  app.get(
    '/api/tokens',
    {
      ...api('signedIn'),
      schema: {
        tags,
        operationId: 'listTokens',
        summary: 'List your tokens; admins list all tokens',
        response: replies({ 200: Type.Array(TokenSchema) }),
      },
    },
    async (request, reply) => reply.send(await accounts.tokens.list(principalOf(request))),
  );
  app.post(
    '/api/tokens',
    {
      ...api('signedIn'),
      schema: {
        tags,
        operationId: 'createToken',
        summary: 'Create a token; its secret is shown only once',
        body: NewToken,
        response: replies({ 201: TokenReply }),
      },
    },
    async (request, reply) => {
      const { name, scope, cameras, expiresAt } = request.body;
      const { username } = userOf(request);
      const made = await accounts.tokens.create({ username, name, scope, cameras, expiresAt }, principalOf(request));
      return reply.code(201).header('cache-control', 'no-store').send(made);
    },
  );
  app.delete(
    '/api/tokens/:id',
    {
      ...api('signedIn'),
      schema: {
        tags,
        operationId: 'revokeToken',
        summary: 'Revoke a token',
        params: IdParams,
        response: replies({ 204: NoContent }),
      },
    },
    async (request, reply) => {
      await accounts.tokens.revoke(principalOf(request), request.params.id);
      return reply.code(204).send();
    },
  );
}

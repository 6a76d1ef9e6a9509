import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { destination, pino } from 'pino';
import { readConfig, type Config } from '../config/config.ts';
import { captureOptions } from '../config/capture-options.ts';
import type { Camera } from '../domain/cameras/camera.ts';
import { PortholeError, problemError } from '../domain/errors.ts';
import type { Device } from '../domain/cameras/mode.ts';
import { redactSource } from '../domain/cameras/source.ts';
import type { User } from '../domain/users/user.ts';
import { tokenScopeWord } from '../text/token-words.ts';
import type { UnreadableRow } from '../domain/unreadable-row.ts';
import { Accounts } from '../accounts/accounts.ts';
import { UserRepository } from '../accounts/user-repository.ts';
import { CameraOverrides } from '../cameras/camera-overrides.ts';
import { CameraRepository } from '../cameras/camera-repository.ts';
import { loadSecret } from '../store/data-folder.ts';
import { Database } from '../store/database.ts';
import { SettingsRepository } from '../store/settings-repository.ts';
import { unreadableAdvice, unreadableWord } from '../text/unreadable-rows.ts';
import { spoken } from '../text/spoken.ts';
import { Settings } from '../http/security/allowed-origins.ts';
import type { Command, Place } from './command.ts';
import { makePassword, readPassword } from './password.ts';

/** Commands print results and errors in words, and log nothing below `fatal`. */
const log = pino({ level: 'fatal' }, destination({ fd: 2, sync: true }));

/**
 * Performs a command.
 *
 * @returns the exit code
 * @throws {PortholeError} why the command failed.
 */
export async function perform(command: Exclude<Command, { kind: 'help' }>): Promise<number> {
  const config = configOf(command);
  // Only adding the first user may create the data folder. Other commands would create an empty one by mistake.
  if (command.kind !== 'users add' && command.kind !== 'cameras list' && command.kind !== 'cameras probe') {
    await ensureData(config);
  }
  switch (command.kind) {
    case 'users list':
      return withAccounts(config, async (accounts) => {
        const users = await accounts.users.list();
        const rows = users.map(({ username, role, cameras, createdAt }) => [
          username,
          role,
          cameras === null ? 'all cameras' : cameras.join(', ') || 'no camera',
          `since ${dayOf(createdAt)}`,
        ]);
        print(command.json ? JSON.stringify(users, null, 2) : table(rows));
      });
    case 'users add':
      return withAccounts(config, async (accounts) => {
        const { username, cameras } = command;
        const role = command.role ?? ((await accounts.needsSetup()) ? 'admin' : 'viewer');
        const password = command.generate ? makePassword() : await readPassword(username);
        await accounts.users.add({ username, password, role, cameras });
        if (command.generate) print(password);
        say(`Added ${username} as ${role}.`);
      });
    case 'users reset-password':
      return withAccounts(config, async (accounts) => {
        const user = await userNamed(accounts, command.username);
        const password = command.generate ? makePassword() : await readPassword(user.username);
        const { revokeTokens } = command;
        await accounts.users.update(user.id, { password, revokeTokens });
        if (command.generate) print(password);
        const tokens = revokeTokens ? 'Their API tokens are revoked.' : 'API tokens still work.';
        say(`Set a new password for ${user.username} and signed them out everywhere. ${tokens}`);
      });
    case 'tokens create':
      return withAccounts(config, async (accounts) => {
        const { username, name, scope, cameras, lifetime } = command;
        const expiresAt = lifetime === null ? null : Date.now() + lifetime;
        const { token } = await accounts.tokens.create({ username, name, scope, cameras, expiresAt });
        print(token);
      });
    case 'tokens list':
      return withAccounts(config, async (accounts) => {
        const user = command.username === undefined ? null : await userNamed(accounts, command.username);
        const tokens = (await accounts.tokens.all()).filter(
          ({ username }) => user === null || username === user.username,
        );
        const rows = tokens.map((token) => [
          token.id,
          token.username,
          token.name,
          `since ${dayOf(token.createdAt)}`,
          token.lastUsedAt === null ? 'never used' : `last used ${dayOf(token.lastUsedAt)}`,
          tokenScopeWord(token, (id) => id),
          token.expiresAt === null
            ? ''
            : `${token.expiresAt > Date.now() ? 'ends' : 'ended'} ${dayOf(token.expiresAt)}`,
        ]);
        print(command.json ? JSON.stringify(tokens, null, 2) : table(rows));
        if (tokens.length === 0) say('No tokens.');
      });
    case 'tokens revoke':
      return withAccounts(config, async (accounts) => {
        const { name, username } = await accounts.tokens.revokeAny(command.id);
        say(`Revoked the token "${name}" of ${username}.`);
      });
    case 'cameras list':
      return listCameras(config, command.json);
    case 'cameras probe':
      return probeCamera(config, command.source, command.json);
    default:
      return command satisfies never;
  }
}

function configOf({ data, databaseUrl }: Place): Config {
  const args = [
    ...(data === undefined ? [] : [`--data=${data}`]),
    ...(databaseUrl === undefined ? [] : [`--database-url=${databaseUrl}`]),
  ];
  const command = readConfig({ args });
  if (command.kind !== 'run') throw new TypeError('only --data and --database-url were given');
  return command.config;
}

async function hasData(config: Config): Promise<boolean> {
  if (config.databaseUrl !== null) return true;
  return access(join(config.data, 'porthole.db')).then(
    () => true,
    () => false,
  );
}

async function ensureData(config: Config): Promise<void> {
  if (await hasData(config)) return;
  throw new PortholeError('storage_failed', {
    message: `${config.data} is not a data folder of Porthole. Use --data for the right folder, or start Porthole with this one first.`,
  });
}

function openDatabase(config: Config): Promise<Database> {
  return Database.open({ dataFolder: config.data, url: config.databaseUrl ?? undefined });
}

async function withAccounts(config: Config, work: (accounts: Accounts) => Promise<void>): Promise<number> {
  await using database = await openDatabase(config);
  const secret = await loadSecret(config.data);
  const accounts = await Accounts.open({ database, log, secret, secureCookies: false, access: 'private' });
  try {
    await work(accounts);
    return 0;
  } finally {
    await accounts.close();
  }
}

/** @throws {PortholeError} `user_not_found`. */
async function userNamed(accounts: Accounts, name: string): Promise<User> {
  const user = (await accounts.users.list()).find(({ username }) => username.toLowerCase() === name.toLowerCase());
  if (user === undefined) throw new PortholeError('user_not_found');
  return user;
}

/** The cameras of Settings, and rows of the database that can't be read. */
interface Stored {
  readonly cameras: readonly Camera[];
  readonly unreadable: readonly UnreadableRow[];
}

async function storedCameras(config: Config): Promise<Stored> {
  if (!(await hasData(config))) return { cameras: [], unreadable: [] };
  await using database = await openDatabase(config);
  const cameras = await new CameraRepository(database).list();
  await new UserRepository(database).list();
  const settings = new SettingsRepository(database);
  await CameraOverrides.open(settings);
  await new Settings(settings).corsOrigins();
  await new Settings(settings).hostNames();
  return { cameras, unreadable: database.unreadable.list };
}

async function listCameras(config: Config, json: boolean): Promise<number> {
  const { listDevices } = await import('../cameras/devices/list-devices.ts');
  const { cameras: stored, unreadable } = await storedCameras(config);
  // Cameras that are switched off are listed without being opened.
  const devices = await listDevices(
    stored.filter(({ enabled }) => !enabled).map(({ source }) => source.split('?')[0] ?? source),
    config.captureEnvironment,
  );
  const cameras = stored.map(({ substream, ...camera }) => ({
    ...camera,
    source: redactSource(camera.source),
    ...(substream ? { substream: redactSource(substream) } : {}),
  }));
  if (json) {
    print(JSON.stringify({ cameras, devices, unreadable }, null, 2));
    return 0;
  }
  const lines = cameras.map(({ id, name, source, substream, enabled }) => [
    ...[id, name, source],
    [...(substream === undefined ? [] : ['with sub-stream']), ...(enabled ? [] : ['switched off'])].join(', '),
  ]);
  print(lines.length === 0 ? 'No cameras in Settings.' : `Cameras in Settings:\n${table(lines)}`);
  if (unreadable.length > 0) {
    print(`Rows of the database that cannot be read:\n${table(unreadable.map((row) => [unreadableWord(row)]))}`);
    print(unreadableAdvice());
  }
  const found = devices.map((device) => [device.path, device.name, largestMode(device)]);
  print(found.length === 0 ? 'No devices found on this machine.' : `Devices of this machine:\n${table(found)}`);
  return 0;
}

async function probeCamera(config: Config, source: string, json: boolean): Promise<number> {
  const [{ SourceRules }, { AddressPolicy }, { SourceProbe }, { everyCapture }] = await Promise.all([
    import('../cameras/sources/source-rules.ts'),
    import('../cameras/sources/address-policy.ts'),
    import('../cameras/captures/source-probe.ts'),
    import('../cameras/captures/every-capture.ts'),
  ]);
  const stored = /^[a-z0-9-]+$/.test(source)
    ? (await storedCameras(config)).cameras.find(({ id }) => id === source)
    : undefined;
  const rules = new SourceRules(new AddressPolicy(config.allowAddresses), config.mediaFolder);
  const { captures, transcoders } = everyCapture({ ...captureOptions(config), log });
  const probe = new SourceProbe(rules, captures, log);
  const result = await probe.probe(stored?.source ?? source, { trusted: true });
  await transcoders.close();
  if (!result.ok) {
    if (!json) throw problemError(result.problem);
    print(JSON.stringify(spoken(result, 'en'), null, 2));
    return 1;
  }
  const { jpeg: _, ...facts } = result;
  const rate = result.fps === null ? '' : `, ${Math.round(result.fps * 100) / 100} frames per second`;
  print(json ? JSON.stringify(facts, null, 2) : `${result.width} × ${result.height} pixels, ${result.format}${rate}`);
  return 0;
}

function largestMode({ modes }: Device): string {
  const [largest] = [...modes].sort((a, b) => b.width * b.height - a.width * a.height || b.fps - a.fps);
  if (largest === undefined) return 'in use, or without modes';
  return `up to ${largest.width} × ${largest.height}, ${largest.format}, ${largest.fps} frames per second`;
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Formats rows as columns, each as wide as its widest cell. */
function table(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(plain));
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}

function print(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`);
}

function say(text: string): void {
  process.stderr.write(`${plain(text)}\n`);
}

/** Text without control characters: what a user has named gives an admin's terminal no orders. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Tables } from './tables.ts';

/** Which engine a migration runs on. */
export type DatabaseKind = 'sqlite' | 'postgres';

/** All migrations by name; they run in the order of their names, and a released one never changes. */
export function migrationsFor(kind: DatabaseKind): Record<string, Migration> {
  return {
    '001-first': { up: (database: Kysely<unknown>) => first(database, kind) },
    '002-controls': { up: (database: Kysely<unknown>) => controls(database, kind) },
    '003-best-photos': { up: bestPhotos },
    '004-camera-ids': { up: cameraIds },
    '005-token-limits': { up: (database: Kysely<unknown>) => tokenLimits(database, kind) },
    '006-photo-links': { up: (database: Kysely<unknown>) => photoLinks(database, kind) },
    '007-grids': { up: grids },
    '008-substreams': { up: substreams },
  };
}

async function first(database: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const { schema } = database;
  // What better-auth writes itself: dates and booleans as its adapter sends them to each engine.
  const date = kind === 'postgres' ? 'timestamptz' : 'text';
  const boolean = kind === 'postgres' ? 'boolean' : 'integer';
  const milliseconds = kind === 'postgres' ? 'bigint' : 'integer';
  const no = kind === 'postgres' ? sql`false` : sql`0`;

  await schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('email', 'text', (column) => column.notNull().unique())
    .addColumn('emailVerified', boolean, (column) => column.notNull().defaultTo(no))
    .addColumn('image', 'text')
    .addColumn('username', 'text', (column) => column.notNull().unique())
    .addColumn('displayUsername', 'text')
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('banned', boolean, (column) => column.defaultTo(no))
    .addColumn('banReason', 'text')
    .addColumn('banExpires', date)
    .addColumn('cameras', 'text')
    .addColumn('accessRevision', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('passwordRevision', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('createdAt', date, (column) => column.notNull())
    .addColumn('updatedAt', date, (column) => column.notNull())
    .execute();

  await schema
    .createTable('sessions')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('token', 'text', (column) => column.notNull().unique())
    .addColumn('userId', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('expiresAt', date, (column) => column.notNull())
    .addColumn('createdAt', date, (column) => column.notNull())
    .addColumn('updatedAt', date, (column) => column.notNull())
    .addColumn('ipAddress', 'text')
    .addColumn('userAgent', 'text')
    .addColumn('impersonatedBy', 'text')
    .execute();
  await schema.createIndex('sessions_user').on('sessions').column('userId').execute();

  // Passwords (scrypt), and later the accounts of other sign-in services.
  await schema
    .createTable('accounts')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('accountId', 'text', (column) => column.notNull())
    .addColumn('providerId', 'text', (column) => column.notNull())
    .addColumn('userId', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('accessToken', 'text')
    .addColumn('refreshToken', 'text')
    .addColumn('idToken', 'text')
    .addColumn('accessTokenExpiresAt', date)
    .addColumn('refreshTokenExpiresAt', date)
    .addColumn('scope', 'text')
    .addColumn('password', 'text')
    .addColumn('createdAt', date, (column) => column.notNull())
    .addColumn('updatedAt', date, (column) => column.notNull())
    .execute();
  await schema.createIndex('accounts_user').on('accounts').column('userId').execute();

  await schema
    .createTable('verifications')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('identifier', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('expiresAt', date, (column) => column.notNull())
    .addColumn('createdAt', date, (column) => column.notNull())
    .addColumn('updatedAt', date, (column) => column.notNull())
    .execute();
  await schema.createIndex('verifications_identifier').on('verifications').column('identifier').execute();

  await schema
    .createTable('tokens')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('userId', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('createdAt', milliseconds, (column) => column.notNull())
    .addColumn('lastUsedAt', milliseconds)
    .execute();
  await schema.createIndex('tokens_user').on('tokens').column('userId').execute();

  await schema
    .createTable('cameras')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addColumn('enabled', 'integer', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .execute();

  await schema
    .createTable('photos')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('cameraId', 'text', (column) => column.notNull())
    .addColumn('cameraName', 'text', (column) => column.notNull())
    .addColumn('takenAt', milliseconds, (column) => column.notNull())
    .addColumn('takenBy', 'text')
    .addColumn('width', 'integer', (column) => column.notNull())
    .addColumn('height', 'integer', (column) => column.notNull())
    .addColumn('bytes', milliseconds, (column) => column.notNull())
    .addColumn('fileName', 'text', (column) => column.notNull().unique())
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('deletedAt', milliseconds)
    .execute();
  // The gallery: all cameras or one, newest first; and its days with their counts, from the index alone.
  const listed = sql.ref<boolean>('deletedAt');
  await schema
    .createIndex('photos_listed')
    .on('photos')
    .columns(['takenAt', 'id'])
    .where(sql<boolean>`${listed} is null`)
    .execute();
  await schema
    .createIndex('photos_listed_camera')
    .on('photos')
    .columns(['cameraId', 'takenAt', 'id'])
    .where(sql<boolean>`${listed} is null`)
    .execute();
  await schema
    .createIndex('photos_day')
    .on('photos')
    .columns(['day', 'cameraId', 'bytes'])
    .where(sql<boolean>`${listed} is null`)
    .execute();
  await schema
    .createIndex('photos_trash')
    .on('photos')
    .column('deletedAt')
    .where(sql<boolean>`${listed} is not null`)
    .execute();

  await schema
    .createTable('settings')
    .addColumn('key', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();

  await schema
    .createTable('watching')
    .addColumn('sessionId', 'text', (column) => column.notNull())
    .addColumn('cameraId', 'text', (column) => column.notNull())
    .addColumn('streaming', 'integer', (column) => column.notNull())
    .addColumn('width', 'integer')
    .addColumn('updatedAt', milliseconds, (column) => column.notNull())
    .addPrimaryKeyConstraint('watching_key', ['sessionId', 'cameraId'])
    .execute();
  await schema.createIndex('watching_updated').on('watching').column('updatedAt').execute();
}

/** What cameras' controls were set to. Without a reference: cameras of the command line are in no table. */
async function controls({ schema }: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  await schema
    .createTable('cameraControls')
    .addColumn('cameraId', 'text', (column) => column.notNull())
    .addColumn('controlId', 'text', (column) => column.notNull())
    .addColumn('value', kind === 'postgres' ? 'bigint' : 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('cameraControls_key', ['cameraId', 'controlId'])
    .execute();
}

/** Whether a photo may switch a camera to its largest Mode. */
async function bestPhotos({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .alterTable('cameras')
    .addColumn('bestPhotos', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
}

/**
 * The ids that cameras have and had. Those of removed cameras are still in photos and in what users may see, where a new
 * camera must not take their place.
 */
async function cameraIds(database: Kysely<unknown>): Promise<void> {
  await database.schema
    .createTable('cameraIds')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .execute();
  const tables = database as Kysely<Tables>;
  const cameras = await tables.selectFrom('cameras').select('id').execute();
  const photos = await tables.selectFrom('photos').select('cameraId as id').distinct().execute();
  const users = await tables.selectFrom('users').select('cameras').where('cameras', 'is not', null).execute();
  const permitted = users.flatMap(({ cameras }) => listIn(cameras));
  const ids = new Set<unknown>([...[...cameras, ...photos].map(({ id }) => id), ...permitted]);
  for (const id of ids) {
    if (typeof id === 'string') await tables.insertInto('cameraIds').values({ id }).execute();
  }
}

/** The permissions of a token and their duration. Earlier tokens keep allowing everything, for ever. */
async function tokenLimits({ schema }: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const milliseconds = kind === 'postgres' ? 'bigint' : 'integer';
  const add = (name: string, type: 'text' | 'bigint' | 'integer') => schema.alterTable('tokens').addColumn(name, type);
  await schema
    .alterTable('tokens')
    .addColumn('scope', 'text', (column) => column.notNull().defaultTo('full'))
    .execute();
  await add('cameras', 'text').execute();
  await add('expiresAt', milliseconds).execute();
}

/** Links that show one photo to anybody until they end, and an index to count photos by their time. */
async function photoLinks({ schema }: Kysely<unknown>, kind: DatabaseKind): Promise<void> {
  const milliseconds = kind === 'postgres' ? 'bigint' : 'integer';
  await schema
    .createTable('photoLinks')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('photoId', 'text', (column) => column.notNull().references('photos.id').onDelete('cascade'))
    .addColumn('userId', 'text', (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('createdAt', milliseconds, (column) => column.notNull())
    .addColumn('expiresAt', milliseconds, (column) => column.notNull())
    .addColumn('revokedAt', milliseconds)
    .execute();
  await schema.createIndex('photoLinks_photo').on('photoLinks').column('photoId').execute();
  await schema.createIndex('photoLinks_user').on('photoLinks').column('userId').execute();
  const listed = sql.ref<boolean>('deletedAt');
  await schema
    .createIndex('photos_times')
    .on('photos')
    .columns(['takenAt', 'cameraId', 'bytes'])
    .where(sql<boolean>`${listed} is null`)
    .execute();
}

/** How users see all cameras. */
async function grids({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('grids')
    .addColumn('userId', 'text', (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('layout', 'text', (column) => column.notNull())
    .addColumn('cameraOrder', 'text', (column) => column.notNull())
    .addColumn('autoStart', 'integer', (column) => column.notNull())
    .execute();
}

/** The second, smaller stream of a camera. */
async function substreams({ schema }: Kysely<unknown>): Promise<void> {
  await schema.alterTable('cameras').addColumn('substream', 'text').execute();
}

/** The ids in a user's list; none if it can't be read. */
function listIn(text: string | null): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}

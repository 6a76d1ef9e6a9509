import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import { PortholeError } from '../../domain/errors.ts';
import type { Photo } from '../../domain/photo.ts';
import type { PhotoLink } from '../../domain/photo-link.ts';
import { roleAllows } from '../../domain/users/role.ts';
import type { Principal } from '../../domain/users/user.ts';
import { sentence } from '../../messages/sentence.ts';
import type { PhotoLinkRepository, StoredLink } from './photo-link-repository.ts';

const dayMs = 86_400_000;
/** The number of links of one photo that work at the same time. */
const mostActive = 20;
/** The number of a photo's ended links that are remembered, to say why they ended. */
const mostEnded = 100;
/** They are remembered this long, in milliseconds. */
const rememberedMs = 30 * dayMs;

/**
 * Links that show one photo to anybody. A link ends when it expires, when it is revoked, and when its user is removed or
 * may no longer see the photo.
 */
export class PhotoLinks {
  readonly #repository: PhotoLinkRepository;
  readonly #log: Logger;

  constructor(repository: PhotoLinkRepository, log: Logger) {
    this.#repository = repository;
    this.#log = log;
  }

  /**
   * Makes a link to a photo that the principal sees.
   *
   * @throws {PortholeError} `too_many_links`, or `not_allowed` for a principal that is no user.
   */
  async create(photo: Photo, days: number, principal: Principal): Promise<PhotoLink> {
    const { user } = principal;
    if (user === null) throw new PortholeError('not_allowed');
    const now = Date.now();
    await this.#repository.prune(photo.id, now - rememberedMs, now, mostEnded);
    if ((await this.#repository.active(photo.id, now)).length >= mostActive) throw new PortholeError('too_many_links');
    const link = {
      id: randomBytes(9).toString('base64url'),
      photoId: photo.id,
      createdAt: now,
      expiresAt: now + days * dayMs,
    };
    await this.#repository.insert({ ...link, userId: user.id });
    this.#log.info({ photo: photo.id, link: link.id, user: user.username, days }, 'link to a photo created');
    return { ...link, createdBy: user.username };
  }

  /** The links of a photo that work: one's own, and for operators and admins those of all users. */
  async list(photo: Photo, principal: Principal): Promise<readonly PhotoLink[]> {
    const links = (await this.#repository.active(photo.id, Date.now())).filter((link) => holds(link, photo));
    return links.filter((link) => mayManage(link, principal)).map(publicLink);
  }

  /** @throws {PortholeError} `link_not_found`, also when it is not the principal's to revoke. */
  async revoke(photo: Photo, id: string, principal: Principal): Promise<void> {
    const link = await this.#repository.get(id);
    if (link?.photoId !== photo.id || !mayManage(link, principal)) throw new PortholeError('link_not_found');
    await this.#repository.revoke(id, Date.now());
    this.#log.info({ photo: photo.id, link: id, user: principal.user?.username }, 'link to a photo revoked');
  }

  /**
   * The photo of a link.
   *
   * @param find looks a photo up, whose camera anybody may have
   * @throws {PortholeError} `link_not_found`, `link_expired`, `link_revoked` or `photo_not_found`.
   */
  async open(
    link: { readonly id: string; readonly key: string; readonly secret: string },
    find: (id: string) => Promise<Photo | undefined>,
  ): Promise<{ readonly photo: Photo; readonly expiresAt: number }> {
    if (!isEqual(link.key, linkKey(link.secret, link.id))) throw new PortholeError('link_not_found');
    const stored = await this.#repository.get(link.id);
    if (stored === undefined) throw new PortholeError('link_not_found');
    if (stored.revokedAt !== null) throw new PortholeError('link_revoked');
    if (stored.expiresAt <= Date.now()) throw new PortholeError('link_expired');
    const photo = await find(stored.photoId);
    if (photo === undefined) throw new PortholeError('photo_not_found', { message: sentence('photos_shared_gone') });
    if (!holds(stored, photo)) throw new PortholeError('link_revoked');
    return { photo, expiresAt: stored.expiresAt };
  }
}

/** The key that belongs to a link's id. It is not stored, so the database alone does not give links away. */
export function linkKey(secret: string, id: string): string {
  return createHmac('sha256', secret).update(`photo link ${id}`).digest('base64url');
}

/** The address of a link, on this server. */
export function linkPath(secret: string, id: string): string {
  return `/shared/${id}?key=${linkKey(secret, id)}`;
}

/** A link shows no more than its user may see. */
function holds({ user }: StoredLink, photo: Photo): boolean {
  return user.cameras === null || user.cameras.includes(photo.cameraId);
}

function mayManage({ user }: StoredLink, principal: Principal): boolean {
  return user.id === principal.user?.id || roleAllows(principal.role, 'operator');
}

function publicLink({ id, photoId, createdBy, createdAt, expiresAt }: StoredLink): PhotoLink {
  return { id, photoId, createdBy, createdAt, expiresAt };
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

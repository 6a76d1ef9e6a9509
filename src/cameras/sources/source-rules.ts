import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { asPortholeError, PortholeError, problemError } from '../../domain/errors.ts';
import type { ResolvedSource, Source } from '../../domain/cameras/source.ts';
import { isFile, isNetwork } from '../../domain/cameras/source-kinds.ts';
import { parseSubstream } from '../../domain/cameras/substream.ts';
import type { AddressPolicy } from './address-policy.ts';
import { type Sentence, sentence } from '../../messages/sentence.ts';

/** Whether the source may be anything: true for those of the command line. */
interface Trust {
  readonly trusted: boolean;
}

/** Decides which sources may be opened. */
export class SourceRules {
  readonly #addresses: AddressPolicy;
  readonly #mediaFolder: string | null;

  /** @param mediaFolder the folder of the files that cameras added in Settings may play; null if they may play none */
  constructor(addresses: AddressPolicy, mediaFolder: string | null) {
    this.#addresses = addresses;
    this.#mediaFolder = mediaFolder;
  }

  /**
   * Checks that a source may be opened, and resolves what it names.
   *
   * @throws {PortholeError} `source_invalid` or `source_address_refused`, with the field `source`.
   */
  async check(source: Source, { trusted }: Trust): Promise<ResolvedSource> {
    if (isFile(source)) return { source: { ...source, path: await this.#file(source.path, trusted) } };
    return this.#addresses.resolve(source, trusted);
  }

  /**
   * Checks the sub-stream of a camera, as {@link check} does. It is no more trusted than admins are, unless it is on the
   * host and port of a trusted main stream.
   *
   * @throws {PortholeError} as {@link check} does, with the field `substream`.
   */
  async checkSubstream(text: string, main: Source, { trusted }: Trust): Promise<ResolvedSource> {
    const source = parseSubstream(text, main);
    const isSameServer = isNetwork(main) && new URL(main.url).host === new URL(source.url).host;
    try {
      return await this.check(source, { trusted: trusted && isSameServer });
    } catch (error) {
      throw problemError({ ...asPortholeError(error).toJSON(), field: 'substream' });
    }
  }

  async #file(path: string, trusted: boolean): Promise<string> {
    const refuse = (message: Sentence): PortholeError =>
      new PortholeError('source_invalid', { message, field: 'source' });
    if (trusted) return resolve(path);
    if (this.#mediaFolder === null) {
      throw refuse(sentence('camera_files_off'));
    }
    const folder = await realpath(this.#mediaFolder).catch(() => this.#mediaFolder as string);
    const wanted = resolve(folder, path);
    // Resolves symbolic links before the check, so that the checked path is the one that is opened.
    const real = await realpath(wanted).catch(() => wanted);
    const inside = relative(folder, real);
    if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) {
      throw refuse(sentence('camera_file_below', { folder }));
    }
    return real;
  }
}

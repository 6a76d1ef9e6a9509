import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { asPortholeError, PortholeError } from '../../domain/errors.ts';
import { parseSource, type Source } from '../../domain/source.ts';
import type { AddressPolicy, ResolvedSource } from './address-policy.ts';
import { explainProblem } from '../lifecycle/explain.ts';
import type { Logger } from '../../domain/logger.ts';
import { probeSource, type ProbeResult } from '../captures/probe.ts';

/** Whether whoever wrote the source may open what they like: true for the command line. */
interface Trust {
  readonly trusted: boolean;
}

/** Which sources may be opened, and what stands behind them. */
export class SourceRules {
  readonly #addresses: AddressPolicy;
  readonly #mediaFolder: string | null;
  readonly #log: Logger;

  /** @param mediaFolder the folder below which cameras added in the page may play files; null for nowhere */
  constructor(addresses: AddressPolicy, mediaFolder: string | null, log: Logger) {
    this.#addresses = addresses;
    this.#mediaFolder = mediaFolder;
    this.#log = log;
  }

  /**
   * Checks that a source may be opened, and makes it ready for opening.
   *
   * @throws {PortholeError} `source_invalid` or `source_address_refused`, with the field `source`.
   */
  async check(source: Source, { trusted }: Trust): Promise<ResolvedSource> {
    if (source.kind === 'file') return { source: { ...source, path: await this.#file(source.path, trusted) } };
    return this.#addresses.resolve(source, trusted);
  }

  /** Opens a source once to see whether it works. */
  async probe(text: string, options: Trust & { readonly signal?: AbortSignal | undefined }): Promise<ProbeResult> {
    try {
      const source = parseSource(text);
      return await probeSource({
        resolve: () => this.check(source, options),
        explain: (problem) => explainProblem(source, problem),
        log: this.#log,
        signal: options.signal,
      });
    } catch (error) {
      return { ok: false, problem: asPortholeError(error).toJSON() };
    }
  }

  async #file(path: string, trusted: boolean): Promise<string> {
    const refuse = (message: string): PortholeError =>
      new PortholeError('source_invalid', { message, field: 'source' });
    if (trusted) return resolve(path);
    if (this.#mediaFolder === null) {
      throw refuse('Files can be cameras only when Porthole is started with --media-folder FOLDER.');
    }
    const folder = await realpath(this.#mediaFolder).catch(() => this.#mediaFolder as string);
    const wanted = resolve(folder, path);
    // Links are followed before the check, and what is checked is what is opened.
    const real = await realpath(wanted).catch(() => wanted);
    const inside = relative(folder, real);
    if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) {
      throw refuse(`A file must be below ${folder}.`);
    }
    return real;
  }
}

import { withLogin } from '../../domain/cameras/camera-address.ts';
import { PortholeError, type Problem, type ProblemCode } from '../../domain/errors.ts';
import type { Sentence } from '../../messages/sentence.ts';
import { parseSource } from '../../domain/cameras/source.ts';
import { searchWords } from '../../text/address-search-words.ts';
import type { ProbeResult, SourceProbe } from '../captures/source-probe.ts';
import { answeringPorts } from './answering-ports.ts';
import type { SourceRules } from './source-rules.ts';

/** An address that is tried now. */
export interface Trying {
  /** Without login. */
  readonly address: string;
  /** Counts from 1. */
  readonly number: number;
  readonly of: number;
}

/** A host, the addresses that it may have, and the login for them. */
export interface SearchedHost {
  /** As entered, for messages. */
  readonly host: string;
  /** In the order to try them, without login. */
  readonly addresses: readonly string[];
  readonly user: string;
  readonly password: string;
}

/** The address that works, without login, and what it showed; or why none does. */
export type SearchResult =
  | (Extract<ProbeResult, { ok: true }> & {
      readonly source: string;
      /** Its sub-stream, if it was given or found. */
      readonly substream?: SubstreamResult;
    })
  | Extract<ProbeResult, { ok: false }>;

/** Result of testing a sub-stream: of an address as given, or of one that was found, without login. */
export type SubstreamResult = ProbeResult & { readonly source: string };

/** Options of a search. */
export interface SearchOptions {
  readonly signal: AbortSignal;
  /** Called before each attempt. */
  readonly onTry?: ((trying: Trying) => void) | undefined;
}

/** How long one address may take, in milliseconds. */
const eachLimit = 12_000;
/** How long all of them may take, in milliseconds: less than the server waits on a connection on which nothing moves. */
export const searchLimit = 55_000;

/** After these, the other paths on the same port are tried; after others they would fail in the same way. */
const aboutThePath: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'source_not_found',
  'source_ended',
  'source_redirected',
  'camera_failed',
  'mode_unavailable',
]);

/** What to tell of several failures: the first of these that occurred is the one that helps most. */
const telling: readonly ProblemCode[] = [
  'source_unauthorized',
  'source_full',
  'camera_silent',
  'source_beyond_limits',
  'video_damaged',
  'video_unsupported',
  'capture_memory',
  'source_not_found',
  'source_redirected',
  'source_ended',
  'source_not_video',
];

/** Finds the address of a camera's stream on a host, by trying likely ones in turn. */
export class AddressSearch {
  readonly #rules: SourceRules;
  readonly #probe: Pick<SourceProbe, 'probe'>;

  constructor(rules: SourceRules, probe: Pick<SourceProbe, 'probe'>) {
    this.#rules = rules;
    this.#probe = probe;
  }

  /**
   * Tries one address at a time until one has a picture. A port that asks for another login is not asked again: cameras lock
   * out after some wrong ones.
   *
   * @throws {PortholeError} `source_address_refused` or `source_unreachable` if the host can't be used at all.
   */
  async search(searched: SearchedHost, { signal, onTry }: SearchOptions): Promise<SearchResult> {
    const { host, user, password } = searched;
    const abort = AbortSignal.any([signal, AbortSignal.timeout(searchLimit)]);
    const open = await this.#reachable(searched.addresses, abort);
    const failures: Problem[] = [];
    const finished = new Set<string>();
    const wanted = searched.addresses.filter((address) => open.has(portOf(address)));
    for (const [index, address] of wanted.entries()) {
      if (finished.has(serverOf(address))) continue;
      if (abort.aborted) break;
      onTry?.({ address, number: index + 1, of: wanted.length });
      const result = await this.#probe.probe(withLogin(address, user, password), {
        trusted: false,
        signal: AbortSignal.any([abort, AbortSignal.timeout(eachLimit)]),
      });
      if (result.ok) return { ...result, source: address };
      failures.push(result.problem);
      const { code } = result.problem;
      // A web server may answer unknown paths with its own page.
      const isPath = aboutThePath.has(code) || (code === 'source_not_video' && address.startsWith('http'));
      if (!isPath) finished.add(serverOf(address));
      // The same login is wrong for every protocol of the port.
      if (code === 'source_unauthorized')
        for (const each of wanted) if (sameHost(each, address)) finished.add(serverOf(each));
    }
    const ports = [...new Set(searched.addresses.map(portOf))];
    return { ok: false, problem: summary(failures, { host, ports, tried: failures.length, signsIn: user !== '' }) };
  }

  /** The ports that accept connections at the addresses' host, which is checked first. */
  async #reachable(addresses: readonly string[], signal: AbortSignal): Promise<ReadonlySet<number>> {
    const [first] = addresses;
    if (first === undefined) return new Set();
    const { addresses: ips = [] } = await this.#rules.check(parseSource(first), { trusted: false });
    return answeringPorts(ips, [...new Set(addresses.map(portOf))], signal);
  }
}

/** One problem that says what to do about all failures. */
function summary(
  failures: readonly Problem[],
  facts: {
    readonly host: string;
    readonly ports: readonly number[];
    readonly tried: number;
    readonly signsIn: boolean;
  },
): Problem {
  const code = telling.find((each) => failures.some((failure) => failure.code === each));
  const failure = failures.find((each) => each.code === code);
  const problem = (each: ProblemCode, message: Sentence, field: string): Problem =>
    new PortholeError(each, {
      message,
      field,
      ...(failure?.detail === undefined ? {} : { detail: failure.detail }),
    }).toJSON();
  if (failure === undefined || code === undefined) {
    return failures[0] ?? problem('source_refused', searchWords.nothing(facts.host, facts.ports), 'source');
  }
  switch (code) {
    case 'source_unauthorized': {
      const field = facts.signsIn ? 'password' : 'user';
      // 403 is no matter of the password.
      if (/\b403\b/.test(`${failure.message} ${failure.detail ?? ''}`)) return { ...failure, field };
      const { loginWrong, loginMissing } = searchWords;
      return problem(code, facts.signsIn ? loginWrong(facts.host) : loginMissing(facts.host), field);
    }
    case 'source_not_found':
    case 'source_redirected':
    case 'source_ended':
    case 'source_not_video':
      if (facts.tried < 2) return { ...failure, field: 'path' };
      return problem('source_not_found', searchWords.noStream(facts.host, facts.tried), 'path');
    default:
      return failure;
  }
}

/** An address's scheme, host and port: paths of one server fail together. */
function serverOf(address: string): string {
  return /^\w+:\/\/[^/]*/.exec(address)?.[0] ?? address;
}

function sameHost(a: string, b: string): boolean {
  return portOf(a) === portOf(b);
}

function portOf(address: string): number {
  return Number(/^\w+:\/\/[^/]*:(\d+)/.exec(address)?.[1]);
}

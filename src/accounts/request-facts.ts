/** Where a request comes from. */
export interface RequestFacts {
  /** The client's address; behind a trusted proxy, the one that the proxy tells. */
  readonly ip: string;
  readonly userAgent: string | null;
  /** The Cookie header, by which a device is known. */
  readonly cookie?: string | undefined;
}

/** Where and how a viewer reads times. */
export interface TimeSettings {
  /** The language and region of the format (BCP 47): `en-GB`, `de-AT`. */
  readonly locale: string;
  /** The browser's time zone (IANA); null until its script has told the server. */
  readonly zone: string | null;
  /** The server's time zone (IANA). */
  readonly serverZone: string;
}

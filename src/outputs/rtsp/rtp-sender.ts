/** Sends one track to one viewer. */
export interface RtpSender {
  /** Frames sent. */
  readonly sent: number;
  /** Frames that a slow viewer didn't get. */
  readonly dropped: number;
  /** Sends a sender report. */
  report(now: number): void;
  /** Sends nothing more. Idempotent. */
  close(): void;
}

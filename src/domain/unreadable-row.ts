/** A row of the database that Porthole can't read. It is skipped, and kept as it is. */
export interface UnreadableRow {
  readonly table: string;
  /** The row's id, or what stands for it: a setting's key, the camera of a control. */
  readonly id: string;
  /** The reason, as the rest of a sentence: `the position is not a whole number`. */
  readonly why: string;
}

/** How a way to the registries is measured. */
export interface WireOptions {
  /** How many times curl's time ours may take. */
  readonly bar: number;
  /** How often skopeo runs beside; 0 where it is not compared. */
  readonly skopeoRuns: number;
}

/** User name and password for one registry. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

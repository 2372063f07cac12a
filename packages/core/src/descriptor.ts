/** `platform` of a descriptor: {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md#image-index-property-descriptions}. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** {@link https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md}. `size` is in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  /** The content itself in base64, of small blobs only; not compared with the digest yet. */
  readonly data?: string;
}

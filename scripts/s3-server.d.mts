export declare const TEST_KEYS: {
  readonly AWS_ACCESS_KEY_ID: "AKIATEST";
  readonly AWS_SECRET_ACCESS_KEY: "secret/of+the=test";
};

/** What goes wrong with a request: before it is carried out, after it, or with its answer. */
export type S3Fault =
  | ("slow-down" | "too-many" | "error" | "conflict" | "reset" | "hang")
  | ("reset-after" | "truncate");

export interface S3ServerOptions {
  /** Asked for every request with a valid signature. */
  readonly fault?: (request: S3Received, number: number) => S3Fault | undefined;
  /** Keys on a page of a list. Default 1000. */
  readonly pageKeys?: number;
  /** Answers conditional puts like others; in parts: only those that complete uploads. */
  readonly ignoresConditions?: "all" | "in parts";
  /** Refuses them instead, like servers of the year 2020. */
  readonly refusesConditions?: boolean;
  /** Seconds by which the server's clock is ahead. */
  readonly clockAhead?: number;
}

export interface S3Received {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly bytes: number;
}

export declare class S3TestServer {
  static start(options?: S3ServerOptions): Promise<S3TestServer>;
  /** Objects of the bucket `bucket`, by key. */
  readonly objects: Map<
    string,
    { readonly bytes: Buffer; readonly metadata: Readonly<Record<string, string>> }
  >;
  readonly uploads: Map<string, unknown>;
  readonly received: S3Received[];
  readonly url: string;
  close(): Promise<void>;
}

/** What to do with a request in place of serving the file. */
export type Fault =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "edit"; readonly edit: (content: Buffer) => Buffer }
  | { readonly kind: "broken-off"; readonly after: number };
export interface StaticServer {
  readonly origin: string;
  /** Paths that were requested, in order. */
  readonly requests: string[];
  /** Faults by the end of a path. */
  readonly faults: Map<string, Fault>;
  close(): Promise<void>;
}
/** Serves folders, or texts of pages, by prefix: the longest one counts. */
export declare function serveStatic(
  roots: Readonly<Record<string, string | { readonly page: string }>>,
  options?: { readonly isolated?: boolean },
): Promise<StaticServer>;

export type ServerKind = "redis" | "postgres";

export interface QueueServer {
  readonly url: string;
  start(): Promise<void>;
  /** With SIGKILL. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export function installedServers(): ServerKind[];
export function startServer(kind: ServerKind): Promise<QueueServer>;

// An app over a fake service, in memory or behind a port of its own.
import type { AddressInfo } from "node:net";
import { type AppOptions, createApp } from "../http/app.ts";
import type { ServingApp } from "../http/dependencies.ts";
import { createHttpServer, type ServerTimeouts } from "../http/server.ts";
import type { HttpSettings } from "../http/settings.ts";
import { createLog } from "../log.ts";
import { settingsOf } from "../settings.ts";
import { FakeService } from "./fake-service.ts";

export interface TestApp {
  readonly app: ServingApp;
  readonly service: FakeService;
  /** Lines of the log. */
  readonly lines: readonly string[];
  readonly settings: HttpSettings;
  close(): Promise<void>;
}

type Options = Partial<Omit<AppOptions, "settings" | "service">> & {
  readonly settings?: Partial<HttpSettings>;
};

/** The app; `app.request(path, init)` asks it. */
export function testApp({ settings = {}, ...options }: Options = {}): TestApp {
  const service = new FakeService();
  const lines: string[] = [];
  const log = createLog("text", (line) => lines.push(line));
  const all = settingsOf(settings);
  const { app, close } = createApp({ service, settings: all, log, version: "0.0.0", ...options });
  return { app, service, lines, settings: all, close };
}

export interface TestServer extends TestApp {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly address: string;
}

/** The app behind a port. */
export async function testServer(options: Options = {}, timeouts: ServerTimeouts = {}): Promise<TestServer> {
  const made = testApp(options);
  const log = createLog("text", (line) => (made.lines as string[]).push(line));
  const server = createHttpServer(made.app, made.settings, log, timeouts);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    ...made,
    port,
    address: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await made.close();
    },
  };
}

/** A POST of JSON. */
export function posting(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

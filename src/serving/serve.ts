// `serve`: loads models into worker processes and answers over HTTP until it is closed.
import { fileURLToPath } from "node:url";
import { abortable } from "../base/abortable.ts";
import { packageFile } from "../base/own-files.ts";
import { packageVersion } from "../base/package-version.ts";
import { FIELD, type RequestShape, requireRequest } from "../base/require-request.ts";
import { DOORS } from "./doors/all-doors.ts";
import { createApp } from "./http/app.ts";
import type { Door } from "./http/dependencies.ts";
import { readTokens } from "./http/guards/tokens.ts";
import { createHttpServer } from "./http/server.ts";
import { isLoopback, type ListeningAddress, listen, stopListening } from "./listening.ts";
import { createLog, type Log } from "./log.ts";
import { namedFolders } from "./model-names.ts";
import { openPageData } from "./page/page-data.ts";
import { providerOfServer } from "./provider.ts";
import type { ServedModel } from "./service.ts";
import { ServingService } from "./serving-service.ts";
import { type ServeSettings, settingsOf } from "./settings.ts";

/** What to serve. */
export interface ServeRequest {
  /** Folders of bundles or models, each alone or as `name=folder`. The first one answers requests that name none. */
  readonly models: readonly string[];
  /** Whatever should differ from the defaults, which are those of the command line (docs/serving.md). */
  readonly settings?: Partial<ServeSettings> | undefined;
  /** Where events go; default: lines on stderr, in the format of `settings.log`. */
  readonly log?: Log | undefined;
  /** Further routes. */
  readonly doors?: readonly Door[] | undefined;
  /** Gives up loading when it aborts; the promise rejects with its reason. Use `close` to end a running server. */
  readonly signal?: AbortSignal | undefined;
}

/** A server that answers. Call `close`, or declare it with `await using`. */
export interface RunningServer extends AsyncDisposable {
  readonly address: ListeningAddress;
  /** The models that answer now. */
  models(): readonly ServedModel[];
  /** Loads every folder again and changes to it when it is ready; a model that cannot be loaded leaves the one that answers. */
  reload(): Promise<void>;
  /** Refuses new requests, finishes the accepted ones as far as `shutdownTimeout` allows, and ends the workers. */
  close(): Promise<void>;
}

const REQUEST: RequestShape<ServeRequest> = {
  models: FIELD.list,
  settings: FIELD.fields.optional(),
  log: FIELD.any.optional(),
  doors: FIELD.list.optional(),
  signal: FIELD.signal.optional(),
};

const PAGE_FOLDER = fileURLToPath(packageFile("dist/page/"));

/**
 * Loads models and answers over HTTP. Resolves when every model is loaded and the documents to correct are indexed; until then the port is open,
 * `/readyz` says no and posts wait.
 *
 * @throws ConfigError `config/bad-request`, `serving/wrong-setting`, `serving/wrong-model`, `serving/wrong-tokens`, `serving/address-in-use`,
 * `serving/cannot-listen`; the errors of `load` for a model that cannot be loaded, `serving/worker-failed`; the signal's reason
 * @example
 * import { serve } from "relata/serving";
 *
 * await using server = await serve({ models: ["posts=models/posts"], settings: { port: 0, maxBatchSize: 16 } });
 * const answer = await fetch(`${server.address.url}/v1/extract`, {
 *   method: "POST",
 *   headers: { "content-type": "application/json" },
 *   body: JSON.stringify({ text: "Ada met Bo in Rome" }),
 * });
 * console.log(await answer.json());
 */
export async function serve(request: ServeRequest): Promise<RunningServer> {
  requireRequest(REQUEST, request, "the request to serve");
  const settings = settingsOf(request.settings ?? {});
  const models = namedFolders(request.models, "models");
  const tokens = await readTokens(settings);
  const log = request.log ?? createLog(settings.log, (line) => process.stderr.write(line));
  const service = new ServingService({ models, settings, provider: providerOfServer(settings), log });
  const page = await openPageData({ settings, service, onNotice: (notice) => log.write("warning", notice) });
  const opened = async () => {
    const { app, close } = createApp({
      service,
      settings,
      log,
      version: packageVersion(),
      tokens,
      pageFolder: settings.page ? PAGE_FOLDER : undefined,
      pending: page.pending,
      doors: [...DOORS, page.door, ...(request.doors ?? [])],
    });
    const server = createHttpServer(app, settings, log);
    return { server, closeApp: close, address: await listen(server, settings.host, settings.port) };
  };
  const { server, closeApp, address } = await opened().catch(async (error: unknown) => {
    await page.close(); // its files are locked
    throw error;
  });
  server.on("error", (error) => log.write("error", "the server failed", { message: error.message }));
  log.write("info", "listening", { url: address.url });
  if (!isLoopback(settings.host) && tokens.length === 0)
    log.write("warning", "anyone who reaches the address may use it: there are no tokens", {
      host: settings.host,
    });
  let closing: Promise<void> | undefined;
  const close = async () => {
    log.write("info", "closing: accepted posts are finished, new ones refused");
    const finished = service.close(); // the port stays open meanwhile, so that /readyz can say so
    await page.endReading();
    await finished;
    await stopListening(server);
    await closeApp();
    await page.close();
    log.write("info", "closed");
  };
  const running: RunningServer = {
    address,
    models: () => service.models(),
    reload: () => service.reload(),
    close: () => {
      closing ??= close();
      return closing;
    },
    [Symbol.asyncDispose]: () => running.close(),
  };
  try {
    await startedUnlessAborted([service.start(), page.indexed], request.signal);
  } catch (error) {
    await page.endReading();
    await service.end();
    await stopListening(server);
    await closeApp();
    await page.close();
    throw error;
  }
  for (const { name, version, loadedAt } of service.models())
    log.write("info", "a model answers", { model: name, version, loadedAt: loadedAt.toISOString() });
  return running;
}

async function startedUnlessAborted(
  starting: readonly Promise<void>[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const one of starting) one.catch(() => undefined); // only the first error is thrown
  await abortable(Promise.all(starting), signal);
}

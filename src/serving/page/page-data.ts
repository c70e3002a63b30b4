// What the page offers beside extraction: documents to correct, mistakes of runs, generated views; opened from the server's settings.
import { z } from "@hono/zod-openapi";
import { ConfigError } from "../../base/errors.ts";
import type { Door } from "../http/dependencies.ts";
import { describeRoute } from "../http/describe.ts";
import type { Service } from "../service.ts";
import type { ServeSettings } from "../settings.ts";
import { DocumentQueue } from "./document-queue.ts";
import { addDocuments } from "./document-routes.ts";
import { GeneratedViews } from "./generated-views.ts";
import { PagePictures } from "./page-pictures.ts";
import { RunMistakes } from "./run-mistakes.ts";
import { addRuns } from "./run-routes.ts";
import { addViews } from "./view-routes.ts";

/** The settings that say what the page offers. */
export type PageSettings = Pick<ServeSettings, "documents" | "corrections" | "pictures" | "run" | "views">;

/** What to open. */
export interface PageRequest {
  readonly settings: PageSettings;
  readonly service: Service;
  /** Receives what was repaired, and what ended early. */
  readonly onNotice: (notice: string) => void;
}

/** The page's data, open. */
export interface PageData {
  /** Adds the routes below /v1/page. */
  readonly door: Door;
  /** Asks the service for nothing more. */
  endReading(): Promise<void>;
  /** Finishes what is being saved and gives the files free. */
  close(): Promise<void>;
}

/**
 * Opens the page's data.
 *
 * @throws ConfigError `config/contradiction` for documents without a file of corrections, or the other way round; DataError `data/output-locked` if
 * another server has the corrections; the codes of files that cannot be read
 */
export async function openPageData({ settings, service, onNotice }: PageRequest): Promise<PageData> {
  const { documents, corrections } = settings;
  if ((documents === undefined) !== (corrections === undefined)) throw halfGiven(documents === undefined);
  const opened: { close(): Promise<void> }[] = [];
  const keep = <One extends { close(): Promise<void> }>(one: One): One => {
    opened.push(one);
    return one;
  };
  const close = async () => {
    for (const one of opened) await one.close();
  };
  try {
    const pictures = settings.pictures === undefined ? undefined : await PagePictures.open(settings.pictures);
    const runs: RunMistakes[] = [];
    for (const run of settings.run) runs.push(keep(await RunMistakes.open(run)));
    requireOwnNames(runs);
    const views = settings.views === undefined ? undefined : keep(await GeneratedViews.open(settings.views));
    const queue =
      documents === undefined || corrections === undefined
        ? undefined
        : keep(await DocumentQueue.open({ documents, corrections, pictures, service, onNotice }));
    return {
      door(app) {
        addOffer(app, { queue, runs, views });
        if (queue) addDocuments(app, queue);
        if (runs.length > 0) addRuns(app, runs, pictures);
        if (views) addViews(app, views);
      },
      endReading: async () => queue?.uncertainties.close(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What there is. */
interface Offer {
  readonly queue: DocumentQueue | undefined;
  readonly runs: readonly RunMistakes[];
  readonly views: GeneratedViews | undefined;
}

function addOffer(app: Parameters<Door>[0], { queue, runs, views }: Offer): void {
  describeRoute(
    app,
    {
      ...{ method: "get", path: "/v1/page", operationId: "getPageOffer", tag: "page", access: "token" },
      summary: "Tell what the page can offer on this server",
      responses: {
        200: {
          description: "What there is",
          content: {
            "application/json": {
              schema: z.strictObject({
                documents: z
                  .strictObject({
                    count: z.int(),
                    done: z.int(),
                    read: z.int().openapi({ description: "Documents whose uncertainty is known" }),
                    pictures: z.boolean(),
                  })
                  .nullable(),
                runs: z.array(z.strictObject({ name: z.string(), task: z.string() })),
                views: z.boolean(),
              }),
            },
          },
        },
      },
    },
    (c) =>
      c.json({
        documents: queue
          ? {
              ...{ count: queue.file.count, done: queue.done, read: queue.uncertainties.known },
              pictures: queue.pictures !== undefined,
            }
          : null,
        runs: runs.map(({ name, task }) => ({ name, task })),
        views: views !== undefined,
      }),
  );
}

function halfGiven(isCorrections: boolean): ConfigError {
  const [given, missing] = isCorrections
    ? ["--corrections", "--documents"]
    : ["--documents", "--corrections"];
  return new ConfigError({
    code: "config/contradiction",
    message: `${given} is given without ${missing}`,
    place: given,
    remedy: `Give both: --documents with the documents to correct, --corrections with the file to save them in.`,
  });
}

function requireOwnNames(runs: readonly RunMistakes[]): void {
  const twice = runs.find(({ name }, i) => runs.findIndex((other) => other.name === name) < i);
  if (twice === undefined) return;
  throw new ConfigError({
    code: "config/contradiction",
    message: `two runs are named ${JSON.stringify(twice.name)}: a run's name is that of its folder`,
    place: "--run",
    value: twice.name,
    remedy: "Rename a folder, or leave one out.",
  });
}

// What the page offers beside extraction: documents to correct, mistakes of runs, generated views; opened from the server's settings.
import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "@hono/zod-openapi";
import { ConfigError } from "../../base/errors.ts";
import { exists } from "../../base/exists.ts";
import type { Door } from "../http/dependencies.ts";
import { describeRoute } from "../http/describe.ts";
import type { Service } from "../service.ts";
import type { ServeSettings } from "../settings.ts";
import { addDocuments } from "./document-routes.ts";
import { GeneratedViews } from "./generated-views.ts";
import { OpeningQueue } from "./opening-queue.ts";
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
  /**
   * Resolves when the documents to correct are indexed; at once without any. Until then their routes answer 503. Rejects with DataError
   * `data/output-locked` if another server has the corrections, and with the codes of files that cannot be read.
   */
  readonly indexed: Promise<void>;
  /** What is not indexed yet, in words; undefined when all is. */
  pending(): string | undefined;
  /** Asks the service for nothing more. */
  endReading(): Promise<void>;
  /** Finishes what is being saved and gives the files free. */
  close(): Promise<void>;
}

/**
 * Opens the page's data, and begins to index the documents to correct.
 *
 * @throws ConfigError `config/contradiction` for documents without a file of corrections, the other way round, or one file for both; the codes of
 * files that cannot be read
 */
export async function openPageData({ settings, service, onNotice }: PageRequest): Promise<PageData> {
  const { documents, corrections } = settings;
  if ((documents === undefined) !== (corrections === undefined)) throw halfGiven(documents === undefined);
  if (documents !== undefined && corrections !== undefined) await requireTwoFiles(documents, corrections);
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
    const opening =
      documents === undefined || corrections === undefined
        ? undefined
        : keep(new OpeningQueue({ documents, corrections, pictures, service, onNotice }));
    return {
      door(app) {
        addOffer(app, { opening, runs, views });
        if (opening) addDocuments(app, opening);
        if (runs.length > 0) addRuns(app, runs, pictures);
        if (views) addViews(app, views);
      },
      indexed: opening?.indexed ?? Promise.resolve(),
      pending: () => opening?.pending,
      endReading: async () => opening?.endReading(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What there is. */
interface Offer {
  readonly opening: OpeningQueue | undefined;
  readonly runs: readonly RunMistakes[];
  readonly views: GeneratedViews | undefined;
}

function addOffer(app: Parameters<Door>[0], { opening, runs, views }: Offer): void {
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
                    indexed: z.number().min(0).max(1).openapi({
                      description: "How much of their file was indexed; until it is 1, nothing else is known",
                    }),
                    count: z.int(),
                    done: z.int(),
                    read: z.int().openapi({ description: "Documents whose uncertainty is known" }),
                    pictures: z.boolean(),
                    labels: z
                      .strictObject({
                        entities: z.array(z.string()),
                        relations: z.array(z.string()),
                        categories: z.array(z.string()),
                      })
                      .openapi({ description: "Of the documents, and of what was saved" }),
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
        documents: opening?.offer ?? null,
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

/** Saving replaces lines: documents in the same file would be lost. */
async function requireTwoFiles(documents: string, corrections: string): Promise<void> {
  const [given, saved] = await Promise.all([realPathOf(documents), realPathOf(corrections)]);
  if (given !== saved) return;
  throw new ConfigError({
    code: "config/contradiction",
    message: `--documents and --corrections name the same file: ${documents}`,
    place: "--corrections",
    value: corrections,
    remedy: "Name another file for the corrections; it need not exist yet.",
  });
}

async function realPathOf(path: string): Promise<string> {
  return (await exists(path)) ? realpath(path) : resolve(path);
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

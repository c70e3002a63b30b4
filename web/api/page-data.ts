// What the server offers beside extraction: documents to correct, mistakes of runs, generated views.
import { ClientError } from "../../src/client/client-error.ts";
import { request, requestJson } from "./request.ts";
import type {
  Confusion,
  Correction,
  DocumentState,
  Mistake,
  OpenedDocument,
  PageOffer,
  QueuedDocument,
  Saving,
  View,
} from "./types.ts";

const segment = encodeURIComponent;

function query(fields: Readonly<Record<string, string | number | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? "" : `?${search}`;
}

/** What the page can offer; nothing but extraction if the server has no data for it. */
export async function pageOffer(): Promise<PageOffer> {
  try {
    return await requestJson<PageOffer>("v1/page");
  } catch (error) {
    if (error instanceof ClientError && error.status === 404) {
      return { documents: null, runs: [], views: false };
    }
    throw error;
  }
}

export const queuedDocuments = (fields: {
  readonly order: "uncertainty" | "file";
  readonly state: "open" | "done" | "all";
  readonly limit: number;
  readonly after?: string | undefined;
}): Promise<{ readonly documents: readonly QueuedDocument[]; readonly next?: string }> =>
  requestJson(`v1/page/documents${query(fields)}`);

export const openDocument = (id: string): Promise<OpenedDocument> =>
  requestJson(`v1/page/documents/${segment(id)}`);

export const saveDocument = (
  id: string,
  correction: Correction,
  { etag, newLabels }: Saving,
): Promise<{ readonly state: DocumentState; readonly etag?: string }> =>
  requestJson(`v1/page/documents/${segment(id)}`, {
    method: "PUT",
    headers: { "content-type": "application/json", ...(etag === undefined ? {} : { "if-match": etag }) },
    body: JSON.stringify({ ...correction, newLabels }),
  });

export const correctionsFile = async (): Promise<Blob> => (await request("v1/page/corrections.jsonl")).blob();

export const confusionOf = (run: string): Promise<Confusion> =>
  requestJson(`v1/page/runs/${segment(run)}/confusion`);

export const mistakesOf = (
  run: string,
  fields: {
    readonly gold: string;
    readonly predicted: string;
    readonly limit: number;
    readonly after?: string | undefined;
  },
): Promise<{ readonly mistakes: readonly Mistake[]; readonly next?: string }> =>
  requestJson(`v1/page/runs/${segment(run)}/mistakes${query(fields)}`);

export const viewsBy = (fields: {
  readonly order: "score" | "-score";
  readonly limit: number;
  readonly after?: string | undefined;
}): Promise<{ readonly views: readonly View[]; readonly next?: string }> =>
  requestJson(`v1/page/views${query(fields)}`);

/** Fetches a picture with the token; `<img src>` could not send one. */
export const pictureAt = async (path: string): Promise<Blob> => (await request(path)).blob();

export const documentPicture = (id: string): string => `v1/page/documents/${segment(id)}/picture`;
export const mistakePicture = (run: string, id: string): string =>
  `v1/page/runs/${segment(run)}/documents/${segment(id)}/picture`;
export const viewPicture = (id: string): string => `v1/page/views/${segment(id)}/picture`;

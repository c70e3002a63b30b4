// Where documents to correct come from: the server's file, or this page. The editor knows only this.
import {
  correctionsFile,
  documentPicture,
  openDocument,
  pictureAt,
  queuedDocuments,
  saveDocument,
} from "../api/page-data.ts";
import type { Correction, OpenedDocument, QueuedDocument } from "../api/types.ts";

/** Which documents of a queue. */
export type QueueState = "open" | "done" | "all";

/** A queue of documents. */
export interface DocumentSource {
  readonly kind: "server" | "page";
  list(
    state: QueueState,
    after: string | undefined,
  ): Promise<{
    readonly documents: readonly QueuedDocument[];
    readonly next?: string;
  }>;
  open(id: string): Promise<OpenedDocument>;
  /** Saves a document; returns the new etag. @throws ProblemError if it was saved elsewhere since it had `etag` */
  save(id: string, correction: Correction, etag: string | undefined): Promise<string | undefined>;
  picture(id: string): Promise<Blob | undefined>;
  /** The corrected documents as JSON lines. */
  download(): Promise<Blob>;
}

const PAGE_SIZE = 50;

/** The documents that the server was started with. */
export const serverSource: DocumentSource = {
  kind: "server",
  list: (state, after) => queuedDocuments({ order: "uncertainty", state, limit: PAGE_SIZE, after }),
  open: openDocument,
  async save(id, correction, etag) {
    return (await saveDocument(id, correction, etag)).etag;
  },
  picture: (id) => pictureAt(documentPicture(id)),
  download: correctionsFile,
};

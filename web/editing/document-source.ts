// Where documents to correct come from: the server's file, or this page. The editor knows only this.
import {
  correctionsFile,
  documentPicture,
  openDocument,
  pictureAt,
  queuedDocuments,
  saveDocument,
} from "../api/page-data.ts";
import type { Correction, OpenedDocument, QueuedDocument, Saving } from "../api/types.ts";

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
  /** Saves a document; returns the new etag. @throws ClientError `serving/document-changed` if it was saved elsewhere since it had its etag */
  save(id: string, correction: Correction, saving: Saving): Promise<string | undefined>;
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
  async save(id, correction, saving) {
    return (await saveDocument(id, correction, saving)).etag;
  },
  picture: (id) => pictureAt(documentPicture(id)),
  download: correctionsFile,
};

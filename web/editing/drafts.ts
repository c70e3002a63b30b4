// Drafts: changes that are not saved yet survive a closed tab. One per document, in the browser's storage.
import type { Marks } from "./edit.ts";
import type { Storage } from "./page-source.ts";

const keyOf = (kind: string, id: string) => `relata-draft ${kind} ${id}`;

/** Keeps a draft. @throws DOMException if the storage is full */
export function keepDraft(storage: Storage, kind: string, id: string, marks: Marks): void {
  storage.setItem(keyOf(kind, id), JSON.stringify(marks));
}

/** The draft of a document. @throws SyntaxError if it is not readable */
export function draftOf(storage: Storage, kind: string, id: string): Marks | undefined {
  const text = storage.getItem(keyOf(kind, id));
  return text === null ? undefined : (JSON.parse(text) as Marks);
}

/** Removes a draft. */
export function dropDraft(storage: Storage, kind: string, id: string): void {
  storage.removeItem(keyOf(kind, id));
}

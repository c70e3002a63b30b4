// What all parts of the page share: the models, what the server offers, and documents that were sent to be corrected.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Model, PageOffer } from "../api/types.ts";
import type { LocalDocument } from "../editing/local-documents.ts";

/** Shared by all parts. */
export interface PageState {
  readonly models: readonly Model[];
  readonly model: Model;
  readonly offer: PageOffer;
  /** Asks the server again what it offers: its documents have other labels now. */
  askAgain(): void;
  /** Sends documents to "Correct". */
  correct(documents: readonly LocalDocument[]): void;
}

/** Set once the server has answered. */
export const PageContext = createContext<PageState | undefined>(undefined);

/** Returns what the parts share. */
export function usePage(): PageState {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error("The server has not answered yet");
  return page;
}

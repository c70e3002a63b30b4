import type { Document } from "../src/data/document.ts";

/** Parts of a document that can differ. */
export type Part = "text" | "image" | "entities" | "relations" | "category" | "meta" | "tokens";
export declare function differences(given: Document, read: Document): readonly Part[];

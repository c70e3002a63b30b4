// The features of one document beside its text: side files, id, picture's name, further fields, its place in the file, its text's length.
import { extname } from "node:path";
import type { SeenDocument } from "../check.ts";
import { isNumberedId } from "../numbered-id.ts";
import { type FeatureSink, flatten, formOf, textFeatures, wordsOf } from "./flatten.ts";

/** Fields of `meta` that readers make: places in the file and offsets. */
const READERS_OWN = new Set(["tokens", "offsets", "line", "lines", "instance", "block", "index"]);

/** Gives the features of a document that need no file beside it. */
export function documentFeatures({ document, index, side, place }: SeenDocument, sink: FeatureSink): void {
  for (const [name, value] of Object.entries(side)) flatten(name, value, sink);
  sink.number("order in the file", index);
  if (!isNumberedId(document.id, place.file, index)) textFeatures("id", document.id, sink);
  sink.value("picture: named", document.image === undefined ? "no" : "yes");
  if (document.image !== undefined) {
    textFeatures("picture name", document.image, sink);
    sink.value("picture name: extension", extname(document.image).toLowerCase());
    const folder = document.image.lastIndexOf("/");
    if (folder >= 0) sink.value("picture name: folder", document.image.slice(0, folder));
  }
  for (const [name, value] of Object.entries(document.meta ?? {}))
    if (!READERS_OWN.has(name)) flatten(`meta.${name}`, value, sink);
  sink.number("text: length", document.text.length);
  sink.number("text: words", wordsOf(document.text).length);
  sink.value("text: last character", formOf(document.text.slice(-1)));
}

/** Whether a feature is of the text itself, which a model reads anyway: that is not a leak, but it may show a template. */
export function isOfText(feature: string): boolean {
  return feature.startsWith("text: ");
}

/** What a feature belongs to, for findings: everything at one place of a side file is one finding, and everything about pictures. */
export function sourceOf(feature: string): string {
  if (/^picture( name| file)?: /.test(feature)) return "the picture's name, file and presence";
  const at = feature.indexOf(": ");
  return (at === -1 ? feature : feature.slice(0, at)).replace(/(\[\])+$/, "");
}

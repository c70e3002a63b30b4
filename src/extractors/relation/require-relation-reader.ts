// Finds the relation reader that a trained model needs.
import { type ExtensionStamp, type Extensions, requireStamped } from "../../extensions/extension.ts";
import type { RelationReaderExtension } from "./relation-reader-contract.ts";

/** @throws ExtensionError `extension/missing` */
export function requireRelationReader(
  stamp: ExtensionStamp,
  extensions: Extensions,
): RelationReaderExtension {
  requireStamped([stamp], extensions, "the model");
  const reader = extensions.find<RelationReaderExtension>("relation-reader", stamp.name);
  if (reader === undefined) throw new Error(`a relation model records the ${stamp.kind} "${stamp.name}"`);
  return reader;
}

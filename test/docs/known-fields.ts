// Checks a dotted field of the configuration against the published JSON schema.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

const SCHEMA = JSON.parse(
  readFileSync(resolve(import.meta.dirname, "../../schema/relata.config.json"), "utf8"),
) as Node;

/** @throws Error that names the first field missing from a configuration */
export function requireFields(fields: readonly string[]): void {
  const unknown = fields.find((field) => !has(SCHEMA, field.split(".")));
  if (unknown !== undefined) throw new Error(`there is no field ${unknown} in a configuration`);
}

function has(node: Node, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  const { additionalProperties } = node;
  const below =
    node.properties?.[name] ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
  if (below !== undefined && has(below, rest)) return true;
  return [...(node.anyOf ?? []), ...(node.oneOf ?? [])].some((choice) => has(choice, [name, ...rest]));
}

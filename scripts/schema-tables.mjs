// Formats fields of a JSON schema as a Markdown table: legal values, default, meaning.
import { markdownTable } from "./generated-files.mjs";

/** Returns a table of `[name, schema]` pairs; `required` lists the names without a default. */
export function fieldTable(fields, required = []) {
  const rows = fields.map(([name, field]) => [
    `\`${name}\``,
    legalValues(field),
    defaultOf(field, required.includes(name)),
    field.description ?? "",
  ]);
  return markdownTable(["field", "legal values", "default", "meaning"], rows);
}

function legalValues(node) {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum) return node.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (node.anyOf) return node.anyOf.map(legalValues).join(" or ");
  if (node.type === "array") return `list of ${legalValues(node.items)}`;
  if (node.type === "boolean") return "`true`, `false`";
  if (node.type === "string") return "text";
  const bounds = [
    node.minimum > Number.MIN_SAFE_INTEGER && `>= ${node.minimum}`,
    node.exclusiveMinimum !== undefined && `> ${node.exclusiveMinimum}`,
    node.maximum < Number.MAX_SAFE_INTEGER && `<= ${node.maximum}`,
    node.exclusiveMaximum !== undefined && `< ${node.exclusiveMaximum}`,
    node.multipleOf !== undefined && `multiple of ${node.multipleOf}`,
  ].filter(Boolean);
  return [node.type, ...bounds].join(" ");
}

function defaultOf(node, required) {
  if (node.default !== undefined) return `\`${JSON.stringify(node.default)}\``;
  return required ? "**required**" : "none";
}

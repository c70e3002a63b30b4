// Spells out a schema's type for readers: replaces `z.output<typeof schema>` with the type from the compiler's declaration.

/** Schemas without parameters, by accepted type. */
const PLAIN = {
  ZodString: "string",
  ZodNumber: "number",
  ZodInt: "number",
  ZodBoolean: "boolean",
  ZodUnknown: "unknown",
  ZodNull: "null",
};

/** Returns the name of a zod type, or undefined for any other type. */
function zodName(node) {
  const { typeName } = node;
  return node.type === "TSTypeReference" && typeName.type === "TSQualifiedName" && typeName.left.name === "z"
    ? typeName.right.name
    : undefined;
}

/** Returns `{ mode, schema }` if a type is `z.output<typeof schema>` or `z.input<typeof schema>`. */
export function schemaOf(node) {
  const mode = zodName(node);
  const [query] = node.typeArguments?.params ?? [];
  if ((mode !== "output" && mode !== "input") || query?.type !== "TSTypeQuery") return undefined;
  return { mode, schema: query.exprName.name };
}

/**
 * Returns the type that a schema accepts ("input") or returns ("output"), as text; `source` is the text that `node` was parsed from.
 * @throws Error for an unsupported schema
 */
export function spellSchema(node, mode, source, indent = "") {
  const spell = (inner, deeper = indent) => spellSchema(inner, mode, source, deeper);
  const name = zodName(node);
  const params = node.typeArguments?.params ?? [];
  const text = (inner) => source.slice(inner.start, inner.end);
  const list = (inner) => (inner.type === "TSTypeOperator" ? inner.typeAnnotation : inner).elementTypes;
  if (name in PLAIN) return PLAIN[name];
  switch (name) {
    case "ZodObject":
      return spellObject(params[0], mode, source, indent, text(params[1] ?? params[0]) === "z.core.$loose");
    case "ZodLiteral":
    case "ZodCustom":
      return text(params[0]);
    case "ZodEnum": {
      const { members } = params[0];
      if (members.some(({ type }) => type === "TSIndexSignature")) return "string";
      return members.map(({ key }) => JSON.stringify(keyOf(key))).join(" | ");
    }
    case "ZodArray": {
      const element = spell(params[0]);
      return /[|&]/.test(element) && !element.startsWith("{") ? `(${element})[]` : `${element}[]`;
    }
    case "ZodTuple":
      return `[${list(params[0])
        .map((one) => spell(one))
        .join(", ")}]`;
    case "ZodNullable":
      return `${spell(params[0])} | null`;
    case "ZodOptional":
    case "ZodDefault":
    case "ZodPrefault":
    case "ZodReadonly":
      return spell(params[0]);
    case "ZodRecord":
      return `Record<${spell(params[0])}, ${spell(params[1])}>`;
    case "ZodUnion":
    case "ZodDiscriminatedUnion":
      return [...new Set(list(params[0]).map((one) => spell(one)))].join(" | ");
    case "ZodPipe":
      return spell(params[mode === "input" ? 0 : 1]);
    case "ZodTransform":
      return text(params[mode === "input" ? 1 : 0]);
    default:
      throw new Error(`scripts/schema-types.mjs has no spelling for ${text(node).slice(0, 80)}`);
  }
}

function spellObject({ members }, mode, source, indent, isOpen) {
  const inner = `${indent}  `;
  const lines = members.map((member) => {
    const type = member.typeAnnotation.typeAnnotation;
    const optional = mayBeAbsent(type, mode) ? "?" : "";
    const key = keyOf(member.key);
    const shown = /^[\w$]+$/.test(key) ? key : JSON.stringify(key);
    return `${inner}${shown}${optional}: ${spellSchema(type, mode, source, inner)};`;
  });
  if (isOpen) lines.push(`${inner}[other: string]: unknown;`);
  return lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n${indent}}`;
}

/** Tells whether a field may be left out: it is optional, or has a default that the reader need not repeat. */
function mayBeAbsent(node, mode) {
  const name = zodName(node);
  if (name === "ZodOptional") return true;
  if (name === "ZodDefault" || name === "ZodPrefault") return mode === "input";
  return false;
}

const keyOf = (key) => key.name ?? key.value;

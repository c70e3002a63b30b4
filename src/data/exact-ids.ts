// Ids that are numbers in JSON, as strings with the digits of the source: 1234567890123456789 fits no double.

/** An integer as JSON has it; tables write whole numbers as 7.0 where some row has none. */
const INTEGER = /^(-?\d+)(?:\.0+)?$/;
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

/**
 * The value with its field `id` as a string where it is an integer.
 *
 * @param json the text that the value was parsed from
 */
export function withExactId(value: unknown, json: string): unknown {
  if (typeof value !== "object" || value === null || !("id" in value) || typeof value.id !== "number") {
    return value;
  }
  const digits = INTEGER.exec(topLevelLiteral(json, "id") ?? "")?.[1];
  return digits === undefined ? value : { ...value, id: digits };
}

/** The source of a top-level field's number in an object that JSON.parse accepted, and that names no key twice. */
function topLevelLiteral(json: string, name: string): string | undefined {
  let depth = 0;
  let key: string | undefined;
  let last = "";
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && token === ":") key = JSON.parse(last) as string;
    else if (depth === 1 && key === name && token !== ",") return token;
    last = token;
  }
  return undefined;
}

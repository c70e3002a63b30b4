// Converts numeric ids in JSON to strings with the original digits, because a double cannot represent 1234567890123456789.

/** An integer in JSON; tables write whole numbers as 7.0 if some row has no value. */
const INTEGER = /^(-?\d+)(?:\.0+)?$/;
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

/**
 * Returns the value with an integer field `id` converted to a string.
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

/** The source text of a top-level number in an object that JSON.parse accepted and that has no duplicate keys. */
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

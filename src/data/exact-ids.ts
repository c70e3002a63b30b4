// Converts numeric ids in JSON to strings with the original digits, because a double cannot represent 1234567890123456789.

/** An integer in JSON; tables write whole numbers as 7.0 if some row has no value. */
const INTEGER = /^(-?\d+)(?:\.0+)?$/;
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

/**
 * Returns the value with an integer field `id`, and other integers at the top level that a double cannot represent, converted to strings.
 *
 * @param json the text that the value was parsed from
 */
export function withExactId(value: unknown, json: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const inexact = Object.entries(value).filter(
    ([name, one]) =>
      typeof one === "number" && (name === "id" || (Number.isInteger(one) && !Number.isSafeInteger(one))),
  );
  if (inexact.length === 0) return value;
  const exact = inexact.flatMap(([name]) => {
    const digits = INTEGER.exec(topLevelLiteral(json, name) ?? "")?.[1];
    return digits === undefined ? [] : [[name, digits] as const];
  });
  return { ...value, ...Object.fromEntries(exact) };
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

// Finds faults that JSON.parse hides: duplicate keys in an object (the first value would be lost) and excessive nesting.

export type JsonFault =
  | { readonly kind: "duplicate-key"; readonly key: string }
  | { readonly kind: "too-deep"; readonly depth: number };

export const MAX_JSON_DEPTH = 64; // documents nest three deep; the rest is room for meta

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/gs;

/** The first fault of a text that JSON.parse accepted. */
export function jsonFault(json: string, maxDepth = MAX_JSON_DEPTH): JsonFault | undefined {
  const open: (Set<string> | undefined)[] = []; // the keys seen in each open object, undefined for an array
  let lastString: string | undefined;
  for (const [token] of json.matchAll(TOKEN)) {
    const first = token[0];
    if (first === '"') {
      lastString = token;
      continue;
    }
    if (first === ":") {
      const key = JSON.parse(lastString!) as string; // a colon follows a key in valid JSON
      const keys = open.at(-1)!; // and is in an object
      if (keys.has(key)) return { kind: "duplicate-key", key };
      keys.add(key);
    } else if (first === "{" || first === "[") {
      open.push(first === "{" ? new Set() : undefined);
      if (open.length > maxDepth) return { kind: "too-deep", depth: maxDepth };
    } else if (first === "}" || first === "]") {
      open.pop();
    }
  }
  return undefined;
}

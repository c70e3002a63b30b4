// Sizes of tensor axes: plain numbers, or expressions of named sizes that are only known when a graph runs ("16+length", "batch*length").
import { GraphError } from "../base/errors.ts";

/** An axis size: a number, or the canonical text of a polynomial in named sizes. */
export type Dimension = number | string;
/** Sizes by axis, numbers or names such as "batch"; `[]` for a scalar. */
export type Shape = readonly Dimension[];

/** Monomials ("" is the constant term, "batch*length" a product in alphabetical order) and their integer coefficients. */
export type Polynomial = ReadonlyMap<string, number>;

const parsed = new Map<string, Polynomial>();

/** Parses `dimension` into a polynomial. */
export function polynomialOf(dimension: Dimension): Polynomial {
  if (typeof dimension === "number") return new Map(dimension === 0 ? [] : [["", dimension]]);
  const known = parsed.get(dimension);
  if (known) return known;
  const terms = new Map<string, number>();
  for (const term of dimension.split("+")) {
    let coefficient = 1;
    const symbols: string[] = [];
    for (const factor of term.split("*")) {
      if (/^-?\d+$/.test(factor)) coefficient *= Number(factor);
      else symbols.push(factor);
    }
    const monomial = symbols.sort().join("*");
    terms.set(monomial, (terms.get(monomial) ?? 0) + coefficient);
  }
  parsed.set(dimension, terms);
  return terms;
}

function canonical(terms: Polynomial): Dimension {
  const kept = [...terms].filter(([, coefficient]) => coefficient !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  if (kept.length === 0) return 0;
  if (kept.length === 1 && kept[0]![0] === "") return kept[0]![1];
  return kept
    .map(([monomial, coefficient]) =>
      monomial === "" ? String(coefficient) : coefficient === 1 ? monomial : `${coefficient}*${monomial}`,
    )
    .join("+");
}

/** Whether `text` is a named size or the canonical text of an expression of named sizes. */
export function isDimension(text: string): boolean {
  const terms = polynomialOf(text);
  const symbols = [...terms.keys()].flatMap((monomial) => monomial.split("*").filter(Boolean));
  return (
    symbols.length > 0 &&
    symbols.every((symbol) => /^[A-Za-z_]\w*$/.test(symbol)) &&
    canonical(terms) === text
  );
}

/** a + b. */
export function addDimensions(a: Dimension, b: Dimension): Dimension {
  if (typeof a === "number" && typeof b === "number") return a + b;
  const sum = new Map(polynomialOf(a));
  for (const [monomial, coefficient] of polynomialOf(b))
    sum.set(monomial, (sum.get(monomial) ?? 0) + coefficient);
  return canonical(sum);
}

/** a * b. */
export function multiplyDimensions(a: Dimension, b: Dimension): Dimension {
  if (typeof a === "number" && typeof b === "number") return a * b + 0; // never -0
  const product = new Map<string, number>();
  for (const [left, x] of polynomialOf(a)) {
    for (const [right, y] of polynomialOf(b)) {
      const monomial = [...left.split("*"), ...right.split("*")].filter(Boolean).sort().join("*");
      product.set(monomial, (product.get(monomial) ?? 0) + x * y);
    }
  }
  return canonical(product);
}

/** Number of elements of `shape`, as a dimension. */
export function productOf(shape: Shape): Dimension {
  return shape.reduce<Dimension>(multiplyDimensions, 1);
}

/** Whether two shapes are equal for every value of the named sizes. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, i) => dimension === b[i]);
}

/** The value of a dimension for known named sizes; undefined if one of them is missing. */
export function evaluateDimension(
  dimension: Dimension,
  sizes: ReadonlyMap<string, number>,
): number | undefined {
  if (typeof dimension === "number") return dimension;
  let total = 0;
  for (const [monomial, coefficient] of polynomialOf(dimension)) {
    let term = coefficient;
    for (const symbol of monomial.split("*").filter(Boolean)) {
      const size = sizes.get(symbol);
      if (size === undefined) return undefined;
      term *= size;
    }
    total += term;
  }
  return total;
}

/** Text of a shape for messages: "[batch, 16+length, 768]". */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** The error of a size that no input tells. */
export function unknownSize(symbol: string): GraphError {
  return new GraphError({
    code: "graph/unknown-size",
    message: `serialize: no input has an axis of the size '${symbol}'`,
    place: symbol,
    remedy: "Give one of the graph's inputs an axis of exactly that name.",
  });
}

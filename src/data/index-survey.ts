// Guesses from the relations of a file whether its indices of entities count from one.
import { counted } from "../base/counted.ts";
import { type Defect, defect } from "./defects.ts";

interface Indices {
  readonly head: number;
  readonly tail: number;
}

/** In this many documents with relations, some relation touches the first entity unless indices count from 1. */
const MANY = 10;
/** The same where an index goes one past the end. */
const FEW = 2;

/** Examines the relations of a file, including those of rejected rows. */
export class IndexSurvey {
  readonly #path: string;
  /** Documents with relations, and those in which the highest index is one too high. */
  #related = 0;
  #past = 0;
  #usesFirst = false;
  #firstPlace: string | undefined;

  readonly #form: "json" | "other";

  /** @param form whether the file holds relata's documents as JSON, which the command in the message changes */
  constructor(path: string, form: "json" | "other" = "json") {
    this.#path = path;
    this.#form = form;
  }

  observe(entities: number, relations: readonly Indices[], place: string): void {
    if (relations.length === 0) return;
    this.#related++;
    this.#firstPlace ??= place;
    const indices = relations.flatMap(({ head, tail }) => [head, tail]);
    const highest = indices.reduce((a, b) => Math.max(a, b));
    if (indices.some((index) => index < 1) || highest > entities) this.#usesFirst = true; // or counts nothing at all
    if (highest === entities) this.#past++;
  }

  /** Reports for the whole file. */
  defects(): readonly Defect[] {
    if (this.#usesFirst || this.#firstPlace === undefined) return [];
    if (this.#related < (this.#past > 0 ? FEW : MANY)) return [];
    const past = this.#past > 0 ? `, and ${counted(this.#past, "document")} with an index one too high` : "";
    const command =
      this.#form === "json"
        ? `: jq -c '.relations[] |= (.head -= 1 | .tail -= 1)' ${this.#path} > shifted.jsonl`
        : "";
    const message = `no relation of ${counted(this.#related, "document")} uses the index 0${past}: they seem to count from 1; subtract 1 from every head and tail${command}`;
    return [defect("data/indices-from-one", this.#firstPlace, message, this.#related)];
  }
}

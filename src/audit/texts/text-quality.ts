// Texts that a model cannot read well: nearly empty, in a wrong encoding, in another script or language than the rest.
import { counted } from "../../base/counted.ts";
import { wilsonInterval } from "../../evaluation/wilson.ts";
import type { Check, CheckEntry, SeenDocument } from "../check.ts";
import type { Finding, Severity } from "../finding.ts";
import { MAX_ROWS, type RowReference } from "../finding.ts";
import { type RowsOfSplit, SplitRows } from "../split-rows.ts";
import { contentWords, mojibakeIn, replacementsIn } from "./damage.ts";
import { languageOf, NO_LETTERS, UNDECIDED } from "./languages.ts";
import { writingOf } from "./scripts.ts";

/** The quality of texts. */
export const textQuality: CheckEntry = {
  name: "text-quality",
  about: "texts that are nearly empty, damaged by encodings, or in another script or language",
  create: () => new TextQuality(),
};

const LEAST_WORDS = 3;
/** Share of documents from which a defect of texts moves scores. */
const MANY = 0.01;
const EXAMPLES_SHOWN = 3;

class TextQuality implements Check {
  readonly #documents = new Map<string, number>();
  readonly #short = new SplitRows();
  readonly #mojibake = new SplitRows();
  readonly #replaced = new SplitRows();
  readonly #mixed = new SplitRows();
  readonly #writings = new Rest();
  readonly #languages = new Rest();
  readonly #damaged: string[] = [];

  see(seen: SeenDocument): void {
    const { text } = seen.document;
    this.#documents.set(seen.split, (this.#documents.get(seen.split) ?? 0) + 1);
    if (contentWords(text) < LEAST_WORDS) this.#short.add(seen);
    const damage = mojibakeIn(text);
    if (damage !== undefined) {
      this.#mojibake.add(seen);
      if (this.#damaged.length < EXAMPLES_SHOWN)
        this.#damaged.push(`${JSON.stringify(damage.found)} is ${JSON.stringify(damage.meant)}`);
    }
    if (replacementsIn(text) > 0) this.#replaced.add(seen);
    const writing = writingOf(text);
    if (writing.second !== undefined) this.#mixed.add(seen);
    if (writing.main !== undefined) this.#writings.add(writing.main, seen);
    const language = languageOf(text, writing);
    if (language !== UNDECIDED && language !== NO_LETTERS) this.#languages.add(language, seen);
  }

  findings(): Finding[] {
    return [
      ...this.#each(this.#short, "text/near-empty", "text", (rows) => ({
        what: `fewer than ${LEAST_WORDS} words besides links, user names and hashtags`,
        remedy:
          "Leave them out, or check that their texts were not cut. A model can only guess from the picture.",
        severity: this.#often(rows, "warning"),
      })),
      ...this.#each(this.#mojibake, "text/mojibake", "text", () => ({
        what: `UTF-8 that was read as Windows-1252 (${this.#damaged.join("; ")})`,
        remedy: "Read the source again as UTF-8. The offsets of entities change with the repair.",
        severity: "warning",
      })),
      ...this.#each(this.#replaced, "text/replacement-character", "text", (rows) => ({
        what: "replacement characters (U+FFFD), where bytes were lost",
        remedy: "Read the source again in its own encoding: what the file has lost cannot be restored.",
        severity: this.#often(rows, "warning"),
      })),
      ...this.#each(this.#mixed, "text/mixed-scripts", "scripts", (rows) => ({
        what: "letters of two scripts",
        remedy: "Check that the encoder's vocabulary has both: unknown letters become [UNK].",
        severity: this.#often(rows, "note"),
      })),
      ...rest(this.#writings, "text/other-script", "script", "are mainly written in another script than"),
      ...rest(this.#languages, "text/other-language", "language", "seem to be in another language than"),
    ];
  }

  #often({ split, count }: RowsOfSplit, severity: Severity): Severity {
    return count >= MANY * (this.#documents.get(split) ?? 0) ? severity : "note";
  }

  #each(
    found: SplitRows,
    code: Finding["code"],
    feature: string,
    say: (rows: RowsOfSplit) => {
      readonly what: string;
      readonly remedy: string;
      readonly severity: Severity;
    },
  ): Finding[] {
    return found.all().map((own) => {
      const { split, count, rows } = own;
      const documents = this.#documents.get(split) ?? count;
      const { what, remedy, severity } = say(own);
      return {
        code,
        severity,
        feature,
        split,
        strength: count / documents,
        interval: null,
        rows,
        sentence: `${counted(count, "document")} of ${split} (${percent(count / documents)}) ${count === 1 ? "has" : "have"} ${what}.`,
        remedy,
      };
    });
  }
}

const ROWS_OF_VALUE = 100;

/** Documents by a value of which most have the same. */
class Rest {
  readonly #values = new Map<string, { count: number; readonly rows: RowReference[] }>();

  add(value: string, { place }: SeenDocument): void {
    const found = this.#values.get(value) ?? { count: 0, rows: [] };
    this.#values.set(value, found);
    found.count++;
    if (found.rows.length < ROWS_OF_VALUE) found.rows.push(place);
  }

  sorted() {
    return [...this.#values].sort(([, a], [, b]) => b.count - a.count);
  }
}

/** Documents of other values than the commonest. */
function rest(values: Rest, code: Finding["code"], feature: string, verb: string): Finding[] {
  const [first, ...others] = values.sorted();
  if (first === undefined || others.length === 0) return [];
  const count = others.reduce((sum, [, one]) => sum + one.count, 0);
  const total = first[1].count + count;
  const named = others.slice(0, 5).map(([value, one]) => `${value} ${one.count.toLocaleString("en")}`);
  const more = others.length > 5 ? ` and ${others.length - 5} more` : "";
  const basis = feature === "language" ? " whose language can be guessed" : "";
  return [
    {
      code,
      severity: count >= 0.1 * total ? "warning" : "note",
      feature,
      split: "all",
      strength: count / total,
      interval: wilsonInterval(count, total),
      rows: others.flatMap(([, { rows }]) => rows).slice(0, MAX_ROWS),
      sentence: `${counted(count, "document")} of ${total.toLocaleString("en")}${basis} (${percent(count / total)}) ${verb} the others, which are ${first[0]}: ${named.join(", ")}${more}.`,
      remedy:
        "Choose an encoder that knows these languages, or leave such documents out of training and scores and say so.",
    },
  ];
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

// Finds the unit of a file's offsets where the file does not state the mentions' texts: the unit in which more spans are whole words.
import { counted } from "../../base/counted.ts";
import { type Defect, defect } from "../defects.ts";
import type { Span } from "../document.ts";
import { looksWrong } from "../offset-survey.ts";
import { type OffsetUnit, offsetConverter } from "../offset-units.ts";

/** Compares UTF-16 code units with code points over the spans of a file. UTF-16 unless the spans speak against it. */
export class UnitChoice {
  #moved = 0;
  readonly #wrong = { "utf-16": 0, "code-point": 0 };

  observe(text: string, spans: readonly Span[]): void {
    const toPoint = offsetConverter(text, "code-point");
    for (const { start, end } of spans) {
      const point = { start: toPoint(start), end: toPoint(end) };
      if (point.start === start && point.end === end) continue;
      this.#moved++;
      if (looksWrong(text, { start, end }, undefined)) this.#wrong["utf-16"]++;
      if (looksWrong(text, point, undefined)) this.#wrong["code-point"]++;
    }
  }

  get unit(): OffsetUnit {
    return this.#wrong["code-point"] < this.#wrong["utf-16"] ? "code-point" : "utf-16";
  }

  /** Says which unit was chosen, if it is not UTF-16. */
  defects(path: string): readonly Defect[] {
    if (this.unit === "utf-16") return [];
    const right = this.#moved - this.#wrong["code-point"];
    const message = `the offsets are read as code points: so ${right} of ${counted(this.#moved, "span")} behind an emoji ${right === 1 ? "is" : "are"} whole words, and as UTF-16 code units ${this.#moved - this.#wrong["utf-16"]}`;
    return [defect("data/offsets-from-content", path, message, this.unit)];
  }
}

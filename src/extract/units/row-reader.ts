// Reads the rows of one unit after the other. Units that follow each other are read in one go; others are found by their place, if the
// format has places, and otherwise by reading what lies between.
import { counted } from "../../base/counted.ts";
import { DataError } from "../../base/errors.ts";
import { type PostRow, type PostSource, RowSum } from "../batch/post-rows.ts";
import { asDuplicate } from "../batch/row-results.ts";
import type { UnitRows } from "./row-index.ts";

export class RowReader {
  readonly #source: PostSource;
  /** Rows that are being read, and the number of rows of the input before the next one; undefined: not at a unit's beginning. */
  #open: { readonly rows: AsyncGenerator<PostRow>; before: number } | undefined;

  constructor(source: PostSource) {
    this.#source = source;
  }

  /** The reading under way: units are read one after the other, whoever asks. */
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * The rows of a unit that has `before` rows before it, those with an earlier row's id as rejected rows.
   *
   * @throws DataError `units/input-changed`; the errors of the source
   */
  read(unit: number, entry: UnitRows, before: number): Promise<PostRow[]> {
    const reading = this.#turn.then(() => this.#read(unit, entry, before));
    this.#turn = reading.catch(() => undefined);
    return reading;
  }

  async #read(unit: number, entry: UnitRows, before: number): Promise<PostRow[]> {
    const rows: PostRow[] = [];
    const sum = new RowSum();
    try {
      const open = await this.#at(entry, before);
      while (rows.length < entry.rows) {
        const next = await open.rows.next();
        if (next.done) break;
        open.before++;
        sum.add(next.value);
        rows.push(next.value);
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    if (rows.length < entry.rows || sum.value() !== entry.sum) {
      await this.close();
      throw this.#changed(unit, entry, rows.length);
    }
    for (const i of entry.duplicates) rows[i] = asDuplicate(rows[i]!, this.#source); // counted from the same rows
    return rows;
  }

  /** Ends reading; further units can be read. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.rows.return(undefined);
  }

  async #at(entry: UnitRows, before: number) {
    if (this.#open?.before === before) return this.#open;
    const found = this.#source.rowsFrom?.({ row: entry.row, offset: entry.offset });
    if (found !== undefined) {
      await this.close();
      this.#open = { rows: found, before };
      return this.#open;
    }
    if (this.#open === undefined || this.#open.before > before) {
      await this.close();
      this.#open = { rows: this.#source.rows(), before: 0 };
    }
    const open = this.#open;
    while (open.before < before && !(await open.rows.next()).done) open.before++;
    return open;
  }

  #changed(unit: number, { row, rows: wanted }: UnitRows, found: number): DataError {
    const { place } = this.#source;
    const what = found < wanted ? `has only ${found} of its ${counted(wanted, "row")}` : "has other rows";
    return new DataError({
      code: "units/input-changed",
      message: `unit ${unit} of ${place}, which begins at row ${row}, ${what} than when the input was divided`,
      place: `${place}:${row}`,
      remedy: "Give every machine the same input, or start again with the new one.",
    });
  }
}

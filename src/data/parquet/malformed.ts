// What the checks of a Parquet file throw among themselves; parquet-file.ts gives it a place and a code.

/** A Parquet file that contradicts itself. */
export class Malformed extends Error {}

/** A Parquet file that is in order, but uses something that is not read here. */
export class Unsupported extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

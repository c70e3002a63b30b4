// Types of the code tables: what a code means and what to do about it.

/** Who has to act if the user's input is not the (only) cause: "work" is a run that could not finish, "either" depends on the place. */
export type CodeFault = "work" | "either";

export interface CodeEntry {
  /** What is wrong, in whole sentences of plain English; code and option names are in backquotes. */
  readonly means: string;
  /** What the user can do about it, as instructions. */
  readonly remedy: string;
}

export type NoteTable = Readonly<Record<string, CodeEntry>>;

/** Codes of errors; an absent fault is "input": the user can fix it in data, options or files. */
export type CodeTable = Readonly<Record<string, CodeEntry & { readonly fault?: CodeFault }>>;

// The keys of the editor: which one does what, and how the help describes it. They work only while the editor has the focus.

/** What a key does. */
export type Command =
  | "next-entity"
  | "previous-entity"
  | "next-relation"
  | "previous-relation"
  | "start-left"
  | "start-right"
  | "end-left"
  | "end-right"
  | "new-entity"
  | "new-relation"
  | "choose-label"
  | "choose-category"
  | "reverse"
  | "delete"
  | "undo"
  | "redo"
  | "accept"
  | "reject"
  | "next-document"
  | "previous-document"
  | "cancel"
  | "help"
  | { readonly label: number };

/** What a key event is known by. */
export interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

const PLAIN: Readonly<Record<string, Command>> = {
  arrowright: "next-entity",
  arrowleft: "previous-entity",
  arrowdown: "next-relation",
  arrowup: "previous-relation",
  a: "start-left",
  s: "start-right",
  d: "end-left",
  f: "end-right",
  e: "new-entity",
  r: "new-relation",
  l: "choose-label",
  c: "choose-category",
  v: "reverse",
  x: "delete",
  delete: "delete",
  backspace: "delete",
  u: "undo",
  enter: "accept",
  n: "reject",
  j: "next-document",
  k: "previous-document",
  escape: "cancel",
  "?": "help",
};

/** Returns what a key does; undefined if it is not one of the editor's. Shift with A, S, D, F moves by a character. */
export function commandOf({ key, ctrlKey, metaKey, shiftKey, altKey }: Pressed): Command | undefined {
  const name = key.toLowerCase();
  if (altKey) return undefined;
  if (ctrlKey || metaKey) {
    if (name === "z") return shiftKey ? "redo" : "undo";
    return name === "y" ? "redo" : undefined;
  }
  if (/^[1-9]$/.test(name)) return { label: Number(name) - 1 };
  if (name === "u" && shiftKey) return "redo";
  return PLAIN[name];
}

/** The help: keys and what they do. */
export const HELP: readonly { readonly keys: readonly string[]; readonly does: string }[] = [
  { keys: ["←", "→"], does: "Previous, next entity" },
  { keys: ["↑", "↓"], does: "Previous, next relation" },
  { keys: ["1", "…", "9"], does: "Give the chosen entity or relation the label with this number" },
  { keys: ["L"], does: "Choose a label from the list" },
  { keys: ["A", "S"], does: "Move the start of the entity left, right by a word" },
  { keys: ["D", "F"], does: "Move the end of the entity left, right by a word" },
  { keys: ["Shift"], does: "With A, S, D, F: by a character" },
  { keys: ["E"], does: "New entity: ← → move, A S D F change it, a number or L labels it, Esc cancels" },
  { keys: ["R"], does: "New relation from the chosen entity: ← → choose the other, a number or L labels it" },
  { keys: ["V"], does: "Turn the chosen relation around" },
  { keys: ["X", "Delete"], does: "Delete the chosen entity or relation" },
  { keys: ["C"], does: "Choose the category" },
  { keys: ["U", "Ctrl Z"], does: "Undo" },
  { keys: ["Shift U", "Ctrl Y"], does: "Redo" },
  { keys: ["Enter"], does: "Accept as it is now, save, next document" },
  { keys: ["N"], does: "Reject: leave this document out, save, next document" },
  { keys: ["J", "K"], does: "Next, previous document, without saving" },
  { keys: ["?"], does: "This help" },
];

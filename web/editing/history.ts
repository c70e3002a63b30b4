// Undo and redo: what was before each change, and what was taken back.
import { applyEdit, type Edit, type Edited, type Marks } from "./edit.ts";

/** A document's marks with the way back and forth. */
export interface History {
  readonly past: readonly Marks[];
  readonly present: Marks;
  readonly future: readonly Marks[];
}

/** Begins a history. */
export function historyOf(present: Marks): History {
  return { past: [], present, future: [] };
}

/** Applies a change that can be undone. One that changes nothing leaves the history as it is. */
export function change(history: History, edit: Edit): { readonly history: History; readonly edited: Edited } {
  const edited = applyEdit(history.present, edit);
  if (edited.marks === history.present) return { history, edited };
  return {
    history: { past: [...history.past, history.present], present: edited.marks, future: [] },
    edited,
  };
}

/** Takes the last change back. */
export function undo(history: History): History {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present: before,
    future: [history.present, ...history.future],
  };
}

/** Applies the change that was taken back last. */
export function redo(history: History): History {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future };
}

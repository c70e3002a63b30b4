// What the editor's commands do: choosing, adding, moving, labelling, undo. The view and the keys both call `run`.
import { useState } from "preact/hooks";
import type { Span } from "../../../src/data/document.ts";
import type { Edit, Marks } from "../../editing/edit.ts";
import { change, type History, redo, undo } from "../../editing/history.ts";
import type { Command } from "../../editing/keys.ts";
import type { Chosen } from "../../pieces/chosen.ts";
import { announce } from "../../shell/announce.ts";
import { moveEdge, wholeWords, wordsOf } from "../../text/words.ts";

/** What the editor is doing. */
export type Mode =
  | { readonly kind: "browse" }
  | { readonly kind: "new-entity"; readonly span: Span }
  | { readonly kind: "new-relation"; readonly head: number };

/** What is beside the document's marks. */
interface Surroundings {
  readonly text: string;
  readonly entityLabels: readonly string[];
  readonly relationLabels: readonly string[];
  readonly update: (history: History) => void;
  readonly onCommand: (
    command:
      | "accept"
      | "reject"
      | "next-document"
      | "previous-document"
      | "help"
      | "choose-label"
      | "choose-category",
  ) => void;
}

const BROWSE: Mode = { kind: "browse" };

/** The word after (or before) a span; the first word if there is no span. */
function wordBeside(text: string, span: Span | undefined, by: 1 | -1): Span | undefined {
  const words = wordsOf(text);
  if (span === undefined) return words[0];
  return by === 1
    ? words.find(({ start }) => start >= span.end)
    : words.findLast(({ end }) => end <= span.start);
}

/** Says an entity or relation for a screen reader. */
function described(text: string, marks: Marks, chosen: Chosen): string {
  const words = (at: number) => text.slice(marks.entities[at]?.start, marks.entities[at]?.end);
  if (chosen.kind === "entity") {
    const entity = marks.entities[chosen.index];
    return `${words(chosen.index)}, ${entity?.label}, ${chosen.index + 1} of ${marks.entities.length} entities`;
  }
  const relation = marks.relations[chosen.index];
  if (relation === undefined) return "";
  return `${words(relation.head)} ${relation.label} ${words(relation.tail)}, ${chosen.index + 1} of ${marks.relations.length} relations`;
}

/** Editing state of one document. */
export function useEditing(history: History | undefined, surroundings: Surroundings) {
  const { text, entityLabels, relationLabels, update, onCommand } = surroundings;
  const [chosen, setChosen] = useState<Chosen>();
  const [mode, setMode] = useState<Mode>(BROWSE);
  const marks = history?.present;

  const choose = (next: Chosen | undefined, said?: string) => {
    setChosen(next);
    if (next !== undefined && marks !== undefined) announce(said ?? described(text, marks, next));
  };

  const edit = (one: Edit) => {
    if (history === undefined) return;
    const { history: after, edited } = change(history, one);
    if (after === history) {
      announce("Nothing changed: this is already marked");
    } else update(after);
    const next = edited.chosen ?? (one.kind.startsWith("delete") ? undefined : chosen);
    setChosen(next);
    if (next !== undefined) announce(described(text, edited.marks, next));
    else if (one.kind.startsWith("delete")) announce("Deleted");
  };

  /** Gives what is chosen, or what is being made, this label. */
  const label = (name: string) => {
    if (mode.kind === "new-entity") {
      edit({ kind: "add-entity", span: mode.span, label: name });
      setMode(BROWSE);
    } else if (mode.kind === "new-relation") {
      if (chosen?.kind !== "entity" || chosen.index === mode.head) {
        announce("Choose the other entity first, with the arrow keys");
        return;
      }
      edit({ kind: "add-relation", head: mode.head, tail: chosen.index, label: name });
      setMode(BROWSE);
    } else if (chosen?.kind === "entity") edit({ kind: "label-entity", index: chosen.index, label: name });
    else if (chosen?.kind === "relation") edit({ kind: "label-relation", index: chosen.index, label: name });
    else announce("Choose an entity or a relation first, with the arrow keys");
  };

  /** The labels that `label` takes at this moment. */
  const labels =
    mode.kind === "new-relation" || (mode.kind === "browse" && chosen?.kind === "relation")
      ? relationLabels
      : entityLabels;

  const setSpan = (span: Span | undefined) => {
    if (span === undefined) return;
    setMode({ kind: "new-entity", span });
    announce(`New entity: ${text.slice(span.start, span.end)}`);
  };

  const step = (kind: Chosen["kind"], by: 1 | -1) => {
    if (marks === undefined) return;
    const count = kind === "entity" ? marks.entities.length : marks.relations.length;
    if (count === 0) {
      announce(kind === "entity" ? "There are no entities" : "There are no relations");
      return;
    }
    const at = chosen?.kind === kind ? chosen.index + by : by === 1 ? 0 : count - 1;
    choose({ kind, index: (at + count) % count });
  };

  const move = (edge: "start" | "end", by: 1 | -1, unit: "word" | "character") => {
    if (mode.kind === "new-entity") setSpan(moveEdge(text, mode.span, { edge, by, unit }));
    else if (chosen?.kind === "entity") {
      const entity = marks?.entities[chosen.index];
      if (entity === undefined) return;
      const { start, end } = moveEdge(text, entity, { edge, by, unit });
      edit({ kind: "move-entity", index: chosen.index, span: { start, end } });
    } else announce("Choose an entity first, with the arrow keys");
  };

  const cancel = () => {
    if (mode.kind !== "browse") announce("Cancelled");
    else setChosen(undefined);
    setMode(BROWSE);
  };

  /** Runs a command. @param unit how far an edge moves */
  const run = (command: Command, unit: "word" | "character" = "word"): void => {
    if (history === undefined || marks === undefined) return;
    if (typeof command === "object") {
      const name = labels[command.label];
      if (name === undefined) announce(`There is no label ${command.label + 1}`);
      else label(name);
      return;
    }
    switch (command) {
      case "next-entity":
      case "previous-entity": {
        const by = command === "next-entity" ? 1 : -1;
        if (mode.kind === "new-entity") setSpan(wordBeside(text, mode.span, by));
        else step("entity", by);
        return;
      }
      case "next-relation":
      case "previous-relation":
        if (mode.kind === "browse") step("relation", command === "next-relation" ? 1 : -1);
        return;
      case "start-left":
        move("start", -1, unit);
        return;
      case "start-right":
        move("start", 1, unit);
        return;
      case "end-left":
        move("end", -1, unit);
        return;
      case "end-right":
        move("end", 1, unit);
        return;
      case "new-entity": {
        const from = chosen?.kind === "entity" ? marks.entities[chosen.index] : undefined;
        setSpan(wordBeside(text, from, 1) ?? wordBeside(text, undefined, 1));
        return;
      }
      case "new-relation":
        if (chosen?.kind !== "entity") announce("Choose the first entity with the arrow keys, then R");
        else if (marks.entities.length < 2) announce("A relation needs two entities");
        else {
          setMode({ kind: "new-relation", head: chosen.index });
          announce("New relation: choose the other entity, then a label");
        }
        return;
      case "reverse":
        if (chosen?.kind === "relation") edit({ kind: "reverse-relation", index: chosen.index });
        else announce("Choose a relation first, with the up and down keys");
        return;
      case "delete":
        if (mode.kind !== "browse") cancel();
        else if (chosen !== undefined) edit({ kind: `delete-${chosen.kind}`, index: chosen.index });
        else announce("Choose an entity or a relation first");
        return;
      case "undo":
      case "redo": {
        const after = command === "undo" ? undo(history) : redo(history);
        if (after === history) announce(command === "undo" ? "Nothing to undo" : "Nothing to redo");
        else {
          update(after);
          setChosen(undefined);
          setMode(BROWSE);
          announce(command === "undo" ? "Undone" : "Redone");
        }
        return;
      }
      case "cancel":
        cancel();
        return;
      case "accept":
        if (mode.kind === "browse") onCommand("accept");
        else onCommand("choose-label");
        return;
      default:
        onCommand(command);
    }
  };

  const select = (span: Span) => setSpan(wholeWords(text, span));
  return { chosen, choose, mode, labels, label, edit, run, select };
}

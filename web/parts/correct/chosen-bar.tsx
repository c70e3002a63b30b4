// What can be done with the chosen entity or relation: its labels with their numbers, its edges, a relation from it, delete.
import type { Command } from "../../editing/keys.ts";
import type { Chosen } from "../../pieces/chosen.ts";
import { KeyHint } from "../../pieces/key-hint.tsx";
import { tintOf } from "../../text/tints.ts";
import type { Mode } from "./use-editing.ts";

interface Props {
  readonly hint: string | undefined;
  readonly mode: Mode;
  readonly chosen: Chosen | undefined;
  readonly labels: readonly string[];
  /** Labels by whose order colours are given. */
  readonly allLabels: readonly string[];
  readonly current: string | undefined;
  readonly onLabel: (label: string) => void;
  readonly onRun: (command: Command) => void;
}

const NUMBERED = 9;
const EDGES = [
  { name: "Start", left: { command: "start-left", key: "A" }, right: { command: "start-right", key: "S" } },
  { name: "End", left: { command: "end-left", key: "D" }, right: { command: "end-right", key: "F" } },
] as const;

/** The bar below the text. */
export function ChosenBar({ hint, mode, chosen, labels, allLabels, current, onLabel, onRun }: Props) {
  const isEntity = mode.kind === "new-entity" || (mode.kind === "browse" && chosen?.kind === "entity");
  const isRelation = mode.kind === "new-relation" || (mode.kind === "browse" && chosen?.kind === "relation");
  if (!isEntity && !isRelation) {
    return (
      <div class="chosen-bar">
        <span class="quiet">
          Choose an entity with <kbd>←</kbd> <kbd>→</kbd> or by clicking it. Select words to add one, or press{" "}
          <kbd>E</kbd>.
        </span>
      </div>
    );
  }
  return (
    <div class="chosen-bar">
      {hint !== undefined && <p class="chosen-hint">{hint}</p>}
      <fieldset class="palette">
        <legend class="unseen">{isEntity ? "Type" : "Relation"}</legend>
        {labels.slice(0, NUMBERED).map((label, i) => (
          <button
            key={label}
            type="button"
            class={`small ${isEntity ? `palette-label ${tintOf(label, allLabels)}` : ""}`}
            aria-pressed={label === current}
            onClick={() => onLabel(label)}
          >
            <KeyHint>{i + 1}</KeyHint> {label}
          </button>
        ))}
        <button type="button" class="small" onClick={() => onRun("choose-label")}>
          {labels.length > NUMBERED ? `All ${labels.length}` : "Other"} <KeyHint>L</KeyHint>
        </button>
      </fieldset>
      <div class="palette">
        {isEntity &&
          EDGES.map(({ name, left, right }) => (
            <span key={name} class="edge-keys">
              <span class="quiet" aria-hidden="true">
                {name}
              </span>
              <button type="button" class="small" onClick={() => onRun(left.command)}>
                <span class="unseen">{name} left</span>
                <span aria-hidden="true">◂</span> <KeyHint>{left.key}</KeyHint>
              </button>
              <button type="button" class="small" onClick={() => onRun(right.command)}>
                <span class="unseen">{name} right</span>
                <KeyHint>{right.key}</KeyHint> <span aria-hidden="true">▸</span>
              </button>
            </span>
          ))}
        {mode.kind === "browse" && isEntity && (
          <button type="button" class="small" onClick={() => onRun("new-relation")}>
            Relation from here <KeyHint>R</KeyHint>
          </button>
        )}
        {mode.kind === "browse" && isRelation && (
          <button type="button" class="small" onClick={() => onRun("reverse")}>
            Turn around <KeyHint>V</KeyHint>
          </button>
        )}
        {mode.kind === "browse" ? (
          <button type="button" class="small danger" onClick={() => onRun("delete")}>
            Delete <KeyHint>X</KeyHint>
          </button>
        ) : (
          <button type="button" class="small" onClick={() => onRun("cancel")}>
            Cancel <KeyHint>Esc</KeyHint>
          </button>
        )}
      </div>
    </div>
  );
}

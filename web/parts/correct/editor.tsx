// The editor of one document. All of it works by keyboard while it has the focus; buttons do the same by pointer and touch.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { DocumentState, QueuedDocument } from "../../api/types.ts";
import type { DocumentSource } from "../../editing/document-source.ts";
import type { Marks } from "../../editing/edit.ts";
import { commandOf } from "../../editing/keys.ts";
import { labelsIn, NO_LABELS, offeredLabels } from "../../editing/offered-labels.ts";
import { marksOf } from "../../editing/training-document.ts";
import { AnnotatedText } from "../../pieces/annotated-text.tsx";
import type { Chosen } from "../../pieces/chosen.ts";
import { KeyHint } from "../../pieces/key-hint.tsx";
import { Picker } from "../../pieces/picker.tsx";
import { ProblemNote } from "../../pieces/problem-note.tsx";
import { useObjectUrl } from "../../pieces/use-object-url.ts";
import { announce } from "../../shell/announce.ts";
import { usePage } from "../../shell/page-context.ts";
import { selectedSpan } from "../../text/selection.ts";
import { ChosenBar } from "./chosen-bar.tsx";
import { KeptNote } from "./kept-note.tsx";
import { KeysHelp } from "./keys-help.tsx";
import { MarksList } from "./marks-list.tsx";
import { NameDialog, savedName } from "./name-dialog.tsx";
import { useDocument } from "./use-document.ts";
import { useEditing } from "./use-editing.ts";

interface Props {
  readonly source: DocumentSource;
  readonly queued: QueuedDocument;
  readonly takesFocus: boolean;
  readonly onState: (state: DocumentState) => void;
  readonly onMove: (by: number) => void;
}

const NO_MARKS: Marks = { entities: [], relations: [] };

/** The editor. */
export function Editor({ source, queued, takesFocus, onState, onMove }: Props) {
  const { model, models, offer, askAgain } = usePage();
  /** What the server knows: of all its models, and of its documents. */
  const known = useMemo(
    () =>
      offeredLabels(model, ...models.map((one) => offeredLabels(one)), offer.documents?.labels ?? NO_LABELS),
    [model, models, offer],
  );
  const { opened, history, update, picture, kept, problem, save, loadAgain } = useDocument(
    source,
    queued.id,
    queued.image === true,
    known,
  );
  const [dialog, setDialog] = useState<"help" | "label" | "category">();
  const [deciding, setDeciding] = useState<"accept" | "reject">();
  const region = useRef<HTMLDivElement>(null);
  const pictureUrl = useObjectUrl(picture);
  const marks = history?.present ?? NO_MARKS;
  const text = opened?.document.text ?? queued.text;
  const {
    entities: entityLabels,
    relations: relationLabels,
    categories,
  } = useMemo(
    () => offeredLabels(model, ...(source.kind === "server" ? [known] : []), labelsIn(marks)),
    [model, source, known, marks],
  );

  const decide = async (decision: "accept" | "reject", name = savedName()) => {
    if (name === undefined) {
      setDeciding(decision);
      return;
    }
    setDeciding(undefined);
    const saved = await save(decision, name);
    if (saved === undefined) {
      announce("Not saved");
      return;
    }
    const { state, newLabels } = saved;
    if (newLabels && source.kind === "server") askAgain();
    announce(`Saved as ${state}`);
    onState(state);
    onMove(1);
  };

  const editing = useEditing(history, {
    text,
    entityLabels,
    relationLabels,
    update,
    onCommand(command) {
      if (command === "accept" || command === "reject") void decide(command);
      else if (command === "next-document") onMove(1);
      else if (command === "previous-document") onMove(-1);
      else if (command === "help") setDialog("help");
      else setDialog(command === "choose-label" ? "label" : "category");
    },
  });
  const { chosen, mode, run } = editing;

  useEffect(() => {
    if (takesFocus) region.current?.focus();
  }, [takesFocus]);

  const close = () => {
    setDialog(undefined);
    region.current?.focus();
  };
  const isReady = opened !== undefined && history !== undefined;
  const shown: Chosen | undefined = chosen;
  const hint =
    mode.kind === "new-entity"
      ? "New entity: give it a label, or move its edges."
      : mode.kind === "new-relation"
        ? "New relation: choose the other entity, then a label."
        : undefined;

  return (
    <section
      class="editor card"
      aria-label="Document"
      onKeyDown={(event) => {
        const target = event.target as HTMLElement;
        if (target.closest("dialog, input, select, textarea") !== null) return;
        const onButton = target.closest("button, a, summary") !== null;
        if (onButton && (event.key === "Enter" || event.key === " ")) return;
        const command = commandOf(event);
        if (command === undefined) return;
        event.preventDefault();
        run(command, event.shiftKey ? "character" : "word");
      }}
    >
      <div class="editor-bar">
        <button type="button" class="primary" disabled={!isReady} onClick={() => void decide("accept")}>
          Accept <KeyHint>Enter</KeyHint>
        </button>
        <button type="button" disabled={!isReady} onClick={() => void decide("reject")}>
          Reject <KeyHint>N</KeyHint>
        </button>
        <span class="bar-gap" />
        <button
          type="button"
          disabled={history === undefined || history.past.length === 0}
          onClick={() => run("undo")}
        >
          Undo
        </button>
        <button
          type="button"
          disabled={history === undefined || history.future.length === 0}
          onClick={() => run("redo")}
        >
          Redo
        </button>
        <button type="button" onClick={() => onMove(-1)}>
          <span class="unseen">Previous document</span>
          <span aria-hidden="true">←</span>
        </button>
        <button type="button" onClick={() => onMove(1)}>
          <span class="unseen">Next document</span>
          <span aria-hidden="true">→</span>
        </button>
        <button type="button" onClick={() => setDialog("help")}>
          <span class="unseen">Keys of the editor</span>
          <span aria-hidden="true">?</span>
        </button>
      </div>
      {problem !== undefined && <ProblemNote problem={problem} />}
      {kept.kind === "failed" && (
        <ProblemNote problem={kept.problem}>
          {kept.problem.code === "serving/document-changed" && (
            <button
              type="button"
              onClick={async () => {
                await loadAgain();
                announce("Loaded what was saved. Undo brings your labels back");
                region.current?.focus();
              }}
            >
              Load what was saved
            </button>
          )}
        </ProblemNote>
      )}
      <div class={pictureUrl === undefined ? "editor-body" : "editor-body with-picture"}>
        <div>
          <div
            ref={region}
            class="editor-text"
            role="application"
            aria-label="Text with entities. Arrow keys choose, question mark shows all keys."
            // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes the keys of the editor
            tabIndex={0}
            onMouseUp={() => {
              const span = region.current === null ? undefined : selectedSpan(region.current);
              if (span === undefined) return;
              getSelection()?.removeAllRanges();
              editing.select(span);
            }}
          >
            <AnnotatedText
              text={text}
              entities={marks.entities}
              relations={marks.relations}
              labels={model.entityTypes}
              chosen={shown}
              pending={mode.kind === "new-entity" ? mode.span : undefined}
              origin={mode.kind === "new-relation" ? mode.head : undefined}
              onChoose={editing.choose}
            />
          </div>
          <ChosenBar
            hint={hint}
            mode={mode}
            chosen={chosen}
            labels={editing.labels}
            allLabels={model.entityTypes}
            current={
              chosen === undefined || mode.kind !== "browse"
                ? undefined
                : (chosen.kind === "entity" ? marks.entities : marks.relations)[chosen.index]?.label
            }
            onLabel={editing.label}
            onRun={run}
          />
          <MarksList
            text={text}
            marks={marks}
            labels={model.entityTypes}
            chosen={chosen}
            hasCategories={categories.length > 0}
            onChoose={editing.choose}
            onCategory={() => setDialog("category")}
          />
        </div>
        {pictureUrl !== undefined && (
          <figure class="picture editor-picture">
            <img src={pictureUrl} alt={`Posted with the text: ${opened?.document.image ?? "picture"}`} />
          </figure>
        )}
      </div>
      <div class="editor-foot">
        <KeptNote kept={kept} />
        {opened?.predicted !== undefined && (
          <button
            type="button"
            class="small"
            onClick={() => {
              if (opened.predicted !== undefined) {
                editing.edit({ kind: "replace", marks: marksOf(opened.predicted) });
              }
            }}
          >
            Take the model's answer
          </button>
        )}
        <span class="quiet mono">{queued.id}</span>
      </div>
      {dialog === "help" && <KeysHelp onClose={close} />}
      {dialog === "label" && (
        <Picker
          title={editing.labels === relationLabels ? "Relation" : "Type"}
          options={editing.labels}
          free
          onPick={(label) => {
            close();
            if (label !== undefined) editing.label(label);
          }}
        />
      )}
      {dialog === "category" && (
        <Picker
          title="Category"
          options={categories}
          free
          onPick={(label) => {
            close();
            if (label !== undefined) editing.edit({ kind: "set-category", label });
          }}
        />
      )}
      {deciding !== undefined && (
        <NameDialog
          onDone={(name) => {
            if (name === undefined) setDeciding(undefined);
            else void decide(deciding, name);
          }}
        />
      )}
    </section>
  );
}

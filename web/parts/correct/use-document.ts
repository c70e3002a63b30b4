// Opens a document of a queue: its marks with undo, its picture, drafts that are kept, saving with who and when.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { problemFrom } from "../../api/problem.ts";
import type {
  Answer,
  Correction,
  DocumentState,
  KnownLabels,
  OpenedDocument,
  Problem,
  TrainingDocument,
} from "../../api/types.ts";
import type { DocumentSource } from "../../editing/document-source.ts";
import { draftOf, dropDraft, keepDraft } from "../../editing/drafts.ts";
import { applyEdit, type Marks, sameMarks } from "../../editing/edit.ts";
import { type History, historyOf } from "../../editing/history.ts";
import { hasNewLabels } from "../../editing/offered-labels.ts";
import { correctionOf, decidedState, marksOf } from "../../editing/training-document.ts";

/** How the user's work is kept at this moment. */
export type KeptState =
  | { readonly kind: "unchanged" }
  | { readonly kind: "draft"; readonly restored: boolean }
  | { readonly kind: "saving" }
  | { readonly kind: "saved"; readonly state: string; readonly by: string; readonly at: string }
  | { readonly kind: "failed"; readonly problem: Problem };

/** What became of a document that was saved. */
export interface SavedAs {
  readonly state: Correction["state"];
  /** Whether it has labels that nobody had before. */
  readonly newLabels: boolean;
}

/** An opened document. */
export interface Opened {
  readonly document: TrainingDocument;
  readonly predicted: Pick<Answer, "entities" | "relations" | "category"> | undefined;
  /** What it was when it was opened. */
  readonly state: DocumentState;
  /** What the editor began with. */
  readonly begun: History["present"];
}

/** The same marks with their entities in text order. */
function sortedMarks(marks: Marks): Marks {
  return applyEdit(marks, { kind: "replace", marks }).marks;
}

/** What the editor begins with: the document's marks, or what the model found in one that nobody has labelled. */
function beginningOf({ document, predicted, state }: OpenedDocument): Marks {
  const isBlank = state === "open" && document.entities.length === 0 && document.category === undefined;
  return sortedMarks(isBlank && predicted !== undefined ? marksOf(predicted) : marksOf(document));
}

/** Opens the document. */
export function useDocument(source: DocumentSource, id: string, hasPicture: boolean, known: KnownLabels) {
  const [opened, setOpened] = useState<Opened>();
  const [history, setHistory] = useState<History>();
  const [picture, setPicture] = useState<Blob>();
  const [kept, setKept] = useState<KeptState>({ kind: "unchanged" });
  const [problem, setProblem] = useState<Problem>();
  const isOpen = useRef(true);
  const etag = useRef<string | undefined>(undefined);

  /** Shows what was opened, and returns the marks to begin with; undefined if another document is shown by now. */
  const take = useCallback((answer: OpenedDocument): Marks | undefined => {
    if (!isOpen.current) return undefined;
    const { document, predicted, predictedProblem, state, savedBy, savedAt } = answer;
    etag.current = answer.etag;
    setProblem(predictedProblem);
    const begun = beginningOf(answer);
    setOpened({ document, predicted, begun, state });
    const isSaved = savedBy !== undefined && savedAt !== undefined;
    setKept(isSaved ? { kind: "saved", state, by: savedBy, at: savedAt } : { kind: "unchanged" });
    return begun;
  }, []);

  useEffect(() => {
    isOpen.current = true;
    const open = async () => {
      const present = take(await source.open(id));
      if (present === undefined) return;
      const draft = draftOf(localStorage, source.kind, id);
      setHistory(draft === undefined ? historyOf(present) : { past: [present], present: draft, future: [] });
      if (draft !== undefined) setKept({ kind: "draft", restored: true });
    };
    open().catch((error: unknown) => setProblem(problemFrom(error)));
    if (hasPicture) {
      source
        .picture(id)
        .then((blob) => {
          if (isOpen.current) setPicture(blob);
        })
        .catch((error: unknown) => setProblem(problemFrom(error)));
    }
    return () => {
      isOpen.current = false;
    };
  }, [source, id, hasPicture, take]);

  const update = useCallback(
    (next: History) => {
      setHistory(next);
      try {
        keepDraft(localStorage, source.kind, id, next.present);
        setKept({ kind: "draft", restored: false });
      } catch (error) {
        const detail = `The draft could not be kept: ${problemFrom(error).detail}`;
        setKept({ kind: "failed", problem: { detail } });
      }
    },
    [source, id],
  );

  const save = useCallback(
    async (decision: "accept" | "reject", by: string): Promise<SavedAs | undefined> => {
      if (opened === undefined || history === undefined) return undefined;
      const state = decidedState(decision, opened.state, !sameMarks(history.present, opened.begun));
      setKept({ kind: "saving" });
      try {
        const correction = correctionOf(history.present, state, by);
        const newLabels = hasNewLabels(correction, known);
        etag.current = await source.save(id, correction, { etag: etag.current, newLabels });
        dropDraft(localStorage, source.kind, id);
        setKept({ kind: "saved", state, by, at: new Date().toISOString() });
        return { state, newLabels };
      } catch (error) {
        setKept({ kind: "failed", problem: problemFrom(error) });
        return undefined;
      }
    },
    [opened, history, source, id, known],
  );

  /** Shows what was saved elsewhere meanwhile. The user's own marks are one step of undo away. */
  const loadAgain = useCallback(async () => {
    try {
      const present = take(await source.open(id));
      if (present === undefined) return;
      setHistory((before) => ({ past: before === undefined ? [] : [before.present], present, future: [] }));
      dropDraft(localStorage, source.kind, id);
    } catch (error) {
      setKept({ kind: "failed", problem: problemFrom(error) });
    }
  }, [source, id, take]);

  return { opened, history, update, picture, kept, problem, save, loadAgain };
}

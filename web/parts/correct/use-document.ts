// Opens a document of a queue: its marks with undo, its picture, drafts that are kept, saving with who and when.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { problemFrom } from "../../api/problem.ts";
import type { Answer, Correction, Problem, TrainingDocument } from "../../api/types.ts";
import type { DocumentSource } from "../../editing/document-source.ts";
import { draftOf, dropDraft, keepDraft } from "../../editing/drafts.ts";
import { applyEdit, type Marks, sameMarks } from "../../editing/edit.ts";
import { type History, historyOf } from "../../editing/history.ts";
import { correctionOf, marksOf } from "../../editing/training-document.ts";

/** How the user's work is kept at this moment. */
export type KeptState =
  | { readonly kind: "unchanged" }
  | { readonly kind: "draft"; readonly restored: boolean }
  | { readonly kind: "saving" }
  | { readonly kind: "saved"; readonly state: string; readonly by: string; readonly at: string }
  | { readonly kind: "failed"; readonly problem: Problem };

/** An opened document. */
export interface Opened {
  readonly document: TrainingDocument;
  readonly predicted: Pick<Answer, "entities" | "relations" | "category"> | undefined;
  /** What the editor began with. */
  readonly begun: History["present"];
}

/** The same marks with their entities in text order. */
function sortedMarks(marks: Marks): Marks {
  return applyEdit(marks, { kind: "replace", marks }).marks;
}

/** Opens the document. */
export function useDocument(source: DocumentSource, id: string, hasPicture: boolean) {
  const [opened, setOpened] = useState<Opened>();
  const [history, setHistory] = useState<History>();
  const [picture, setPicture] = useState<Blob>();
  const [kept, setKept] = useState<KeptState>({ kind: "unchanged" });
  const [problem, setProblem] = useState<Problem>();
  const isOpen = useRef(true);
  const etag = useRef<string | undefined>(undefined);

  useEffect(() => {
    isOpen.current = true;
    const open = async () => {
      const {
        document,
        predicted,
        predictedProblem,
        state,
        savedBy,
        savedAt,
        etag: tag,
      } = await source.open(id);
      if (!isOpen.current) return;
      etag.current = tag;
      setProblem(predictedProblem);
      const isBlank = state === "open" && document.entities.length === 0 && document.category === undefined;
      const marks = isBlank && predicted !== undefined ? marksOf(predicted) : marksOf(document);
      const present = sortedMarks(marks);
      setOpened({ document, predicted, begun: present });
      const draft = draftOf(localStorage, source.kind, id);
      setHistory(draft === undefined ? historyOf(present) : { past: [present], present: draft, future: [] });
      if (draft !== undefined) setKept({ kind: "draft", restored: true });
      else if (savedBy !== undefined && savedAt !== undefined) {
        setKept({ kind: "saved", state, by: savedBy, at: savedAt });
      }
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
  }, [source, id, hasPicture]);

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
    async (decision: "accept" | "reject", by: string): Promise<Correction["state"] | undefined> => {
      if (opened === undefined || history === undefined) return undefined;
      const model = opened.predicted === undefined ? opened.begun : marksOf(opened.predicted);
      const isAsFound = sameMarks(history.present, sortedMarks(model));
      const state = decision === "reject" ? "rejected" : isAsFound ? "accepted" : "corrected";
      setKept({ kind: "saving" });
      try {
        etag.current = await source.save(id, correctionOf(history.present, state, by), etag.current);
        dropDraft(localStorage, source.kind, id);
        setKept({ kind: "saved", state, by, at: new Date().toISOString() });
        return state;
      } catch (error) {
        setKept({ kind: "failed", problem: problemFrom(error) });
        return undefined;
      }
    },
    [opened, history, source, id],
  );

  return { opened, history, update, picture, kept, problem, save };
}

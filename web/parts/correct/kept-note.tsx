// Where the user's work is at this moment: unchanged, a draft, saved, or not saved.
import type { KeptState } from "./use-document.ts";

const STATES: Readonly<Record<string, string>> = {
  accepted: "Accepted",
  corrected: "Corrected",
  rejected: "Rejected",
};

function timeOf(iso: string): string {
  const date = new Date(iso);
  const today = new Date().toDateString() === date.toDateString();
  return date.toLocaleString(
    "en-GB",
    today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" },
  );
}

/** One line. */
export function KeptNote({ kept }: { readonly kept: KeptState }) {
  return <span class={`kept kept-${kept.kind}`}>{wordsOf(kept)}</span>;
}

function wordsOf(kept: KeptState): string {
  switch (kept.kind) {
    case "unchanged":
      return "No changes";
    case "draft":
      return kept.restored
        ? "Your draft from before, not saved yet"
        : "Draft kept in this browser, not saved yet";
    case "saving":
      return "Saving…";
    case "saved":
      return `${STATES[kept.state] ?? kept.state} by ${kept.by}, ${timeOf(kept.at)}`;
    case "failed":
      return "Not saved";
    default:
      return kept satisfies never;
  }
}

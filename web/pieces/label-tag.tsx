// The label of an entity, in its colour.
import { tintOf } from "../text/tints.ts";
import { VisibleText } from "./visible-text.tsx";

/** Shows a label as a tag. */
export function LabelTag({ label, labels }: { readonly label: string; readonly labels: readonly string[] }) {
  return (
    <span class={`tag ${tintOf(label, labels)}`} dir="auto">
      <VisibleText text={label} />
    </span>
  );
}

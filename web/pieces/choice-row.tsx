// A row of a table of entities or relations: pointing at it shows its place in the text, and it stands out when it is chosen there.
import type { ComponentChildren } from "preact";
import type { Chosen } from "./chosen.ts";

interface Props {
  /** What the row is about. */
  readonly about: Chosen;
  readonly chosen: Chosen | undefined;
  readonly onChoose: ((chosen: Chosen | undefined) => void) | undefined;
  /** Its cells. */
  readonly children: ComponentChildren;
}

/** The row. */
export function ChoiceRow({ about, chosen, onChoose, children }: Props) {
  const isChosen = chosen?.kind === about.kind && chosen.index === about.index;
  return (
    <tr
      class={isChosen ? "chosen" : undefined}
      onMouseEnter={() => onChoose?.(about)}
      onMouseLeave={() => onChoose?.(undefined)}
    >
      {children}
    </tr>
  );
}

/** A row's words as a button: focusing it does what pointing at the row does. Plain words where there is nothing to show. */
export function RowWords({ about, onChoose, children }: Omit<Props, "chosen">) {
  if (onChoose === undefined) return <>{children}</>;
  return (
    <button
      type="button"
      class="row-choice"
      title="Show in the text"
      onClick={() => onChoose(about)}
      onFocus={() => onChoose(about)}
      onBlur={() => onChoose(undefined)}
    >
      {children}
    </button>
  );
}

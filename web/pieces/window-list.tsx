// A list of thousands of rows of which only the visible ones exist: one stop for the keyboard, arrows move through it.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";

interface Props<T> {
  readonly items: readonly T[];
  readonly label: string;
  readonly rowHeight: number;
  readonly chosen: number | undefined;
  readonly keyOf: (item: T) => string;
  readonly onChoose: (index: number) => void;
  readonly render: (item: T, index: number) => ComponentChildren;
  /** Called when the last row comes into view. */
  readonly onEnd?: (() => void) | undefined;
}

const AROUND = 6; // rows kept above and below the visible ones

/** The list. Row heights are equal, so positions follow from them. */
export function WindowList<T>({ items, label, rowHeight, chosen, keyOf, onChoose, render, onEnd }: Props<T>) {
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const first = Math.max(0, Math.floor(view.top / rowHeight) - AROUND);
  const last = Math.min(items.length, Math.ceil((view.top + view.height) / rowHeight) + AROUND);

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const look = () => setView({ top: element.scrollTop, height: element.clientHeight });
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);

  useLayoutEffect(() => {
    const element = frame.current;
    if (element === null || chosen === undefined) return;
    const top = chosen * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + rowHeight - element.clientHeight;
    }
  }, [chosen, rowHeight]);

  useEffect(() => {
    if (last === items.length && items.length > 0) onEnd?.();
  }, [last, items.length, onEnd]);

  const move = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
    const at = chosen ?? -1;
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: items.length - 1,
    };
    const target = targets[event.key];
    if (target === undefined || items.length === 0) return;
    event.preventDefault();
    onChoose(Math.min(items.length - 1, Math.max(0, target)));
  };

  return (
    <div
      ref={frame}
      class="window-list"
      role="listbox"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={
        chosen !== undefined && chosen >= first && chosen < last ? `${id}-${chosen}` : undefined
      }
      onKeyDown={move}
    >
      {/* Heights are set through the object model, which the policy allows; a style attribute it would not. */}
      <div role="presentation" class="window-rows" style={{ height: `${items.length * rowHeight}px` }}>
        {items.slice(first, last).map((item, i) => {
          const index = first + i;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the list itself takes the keys
            <div
              key={keyOf(item)}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              class="window-row"
              aria-selected={index === chosen}
              aria-posinset={index + 1}
              aria-setsize={items.length}
              style={{ top: `${index * rowHeight}px`, height: `${rowHeight}px` }}
              onClick={() => onChoose(index)}
            >
              {render(item, index)}
            </div>
          );
        })}
      </div>
    </div>
  );
}

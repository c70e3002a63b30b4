// A confusion matrix as a grid: one stop for the keyboard, arrows move in it, Enter opens a cell.
import { useRef, useState } from "preact/hooks";
import type { Cell, Confusion } from "../../api/types.ts";
import { ScrollFrame } from "../../pieces/scroll-frame.tsx";

const SHADES = 8;

/** The class of a count: the root of its share of its row, in steps. */
function shadeOf(count: number, rowSum: number): string {
  if (count === 0 || rowSum === 0) return "shade-0";
  return `shade-${Math.max(1, Math.ceil(Math.sqrt(count / rowSum) * SHADES))}`;
}

interface Props {
  readonly confusion: Confusion;
  readonly cell: Cell | undefined;
  readonly onCell: (cell: Cell) => void;
}

/** The matrix. */
export function ConfusionMatrix({ confusion: { labels, cells }, cell, onCell }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const [focus, setFocus] = useState({ row: 0, column: Math.min(1, labels.length - 1) });
  const go = (row: number, column: number) => {
    const last = labels.length - 1;
    const next = { row: Math.min(last, Math.max(0, row)), column: Math.min(last, Math.max(0, column)) };
    setFocus(next);
    table.current?.querySelector<HTMLElement>(`[data-cell="${next.row} ${next.column}"]`)?.focus();
  };
  const move = (event: KeyboardEvent) => {
    const { row, column } = focus;
    const targets: Readonly<Record<string, readonly [number, number]>> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      Home: [row, 0],
      End: [row, labels.length - 1],
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    go(...target);
  };
  return (
    <ScrollFrame label="Confusion matrix">
      <table ref={table} class="matrix" onKeyDown={move}>
        <caption class="unseen">
          Gold labels by predicted labels; arrow keys move, Enter lists the documents
        </caption>
        <thead>
          <tr>
            <td class="corner">right ↓ said →</td>
            {labels.map((label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((gold, row) => {
            const counts = cells[row] ?? [];
            const sum = counts.reduce((all, count) => all + count, 0);
            return (
              <tr key={gold}>
                <th scope="row">{gold}</th>
                {labels.map((predicted, column) => {
                  const count = counts[column] ?? 0;
                  const isRight = row === column;
                  return (
                    <td key={predicted} class={`${shadeOf(count, sum)}${isRight ? " right" : ""}`}>
                      <button
                        type="button"
                        class="cell"
                        data-cell={`${row} ${column}`}
                        tabIndex={focus.row === row && focus.column === column ? 0 : -1}
                        aria-pressed={cell?.gold === gold && cell.predicted === predicted}
                        aria-disabled={isRight || count === 0}
                        aria-label={
                          isRight ? `${gold}: ${count} right` : `${gold} taken for ${predicted}: ${count}`
                        }
                        onFocus={() => setFocus({ row, column })}
                        onClick={() => {
                          if (!isRight && count > 0) onCell({ gold, predicted });
                        }}
                      >
                        {count}
                      </button>
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollFrame>
  );
}

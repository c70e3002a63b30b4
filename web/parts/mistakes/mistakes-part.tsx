// "Mistakes": the confusion matrix of a run, and the documents behind each of its cells.
import { useEffect, useId, useState } from "preact/hooks";
import { confusionOf } from "../../api/page-data.ts";
import { problemFrom } from "../../api/problem.ts";
import type { Cell, Confusion, Problem } from "../../api/types.ts";
import { ProblemNote } from "../../pieces/problem-note.tsx";
import { usePage } from "../../shell/page-context.ts";
import { ConfusionMatrix } from "./confusion-matrix.tsx";
import { MistakeList } from "./mistake-list.tsx";

/** The part. */
export function MistakesPart() {
  const { offer } = usePage();
  const id = useId();
  const [name, setName] = useState(offer.runs[0]?.name);
  const [confusion, setConfusion] = useState<Confusion>();
  const [problem, setProblem] = useState<Problem>();
  const [cell, setCell] = useState<Cell>();

  useEffect(() => {
    if (name === undefined) return;
    let isWanted = true;
    setConfusion(undefined);
    setCell(undefined);
    setProblem(undefined);
    confusionOf(name).then(
      (answer) => isWanted && setConfusion(answer),
      (error: unknown) => isWanted && setProblem(problemFrom(error)),
    );
    return () => {
      isWanted = false;
    };
  }, [name]);

  if (name === undefined) {
    return (
      <div class="empty">
        <div class="empty-text">
          <p>
            The server was started without a run. To look at the mistakes of a trained model, start it with
          </p>
          <code class="command">relata serve BUNDLE --run runs/relations --pictures pictures</code>
        </div>
      </div>
    );
  }
  return (
    <div class="mistakes">
      {offer.runs.length > 1 && (
        <div class="batch-bar">
          <label for={id}>Run</label>
          <select id={id} value={name} onChange={(event) => setName(event.currentTarget.value)}>
            {offer.runs.map((run) => (
              <option key={run.name} value={run.name}>
                {run.name}
              </option>
            ))}
          </select>
        </div>
      )}
      {problem !== undefined && <ProblemNote problem={problem} />}
      {confusion === undefined && problem === undefined && <p class="quiet">Asking for the run…</p>}
      {confusion !== undefined && (
        <section class="card" aria-labelledby="matrix-title">
          <h2 id="matrix-title">What the model takes for what</h2>
          <p class="quiet">
            Rows: what is right. Columns: what the model says. The diagonal is right; choose another cell to
            read its documents.
          </p>
          <ConfusionMatrix confusion={confusion} cell={cell} onCell={setCell} />
        </section>
      )}
      {cell !== undefined && (
        <MistakeList key={`${name} ${cell.gold} ${cell.predicted}`} run={name} cell={cell} />
      )}
    </div>
  );
}

// How much each layer of each model used the picture: bars with their numbers.
import type { LayerUse } from "../api/types.ts";
import { ScrollFrame } from "./scroll-frame.tsx";
import { percent } from "./share.tsx";

const MODEL_NAMES = { entities: "Entities", relations: "Relations", categories: "Category" } as const;
const WIDTH = 120;

/** One bar, cut by the gates of a layer. */
function GateBar({ gates }: { readonly gates: readonly number[] }) {
  const sum = gates.reduce((all, gate) => all + gate, 0) || 1;
  let x = 0;
  return (
    <svg class="gates" aria-hidden="true" width={WIDTH} height="12" viewBox={`0 0 ${WIDTH} 12`}>
      {gates.map((gate, i) => {
        const width = (gate / sum) * WIDTH;
        const from = x;
        x += width;
        return (
          <rect
            key={i}
            class={`gate gate-${i % 6}`}
            x={from}
            width={Math.max(0, width - 1)}
            height="12"
            rx="2"
          />
        );
      })}
    </svg>
  );
}

/** Shows gates and attention by model and layer. */
export function LayerUses({ layers }: { readonly layers: readonly LayerUse[] }) {
  const withAttention = layers.some(({ attention }) => attention !== undefined);
  return (
    <ScrollFrame label="Use of the picture by layer">
      <table class="facts-table layer-uses">
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col" class="number">
              Layer
            </th>
            {withAttention && (
              <th scope="col" class="number">
                Attention on the picture
              </th>
            )}
            <th scope="col">Shares of its parts (gates)</th>
          </tr>
        </thead>
        <tbody>
          {layers.map(({ model, layer, gates, attention }) => (
            <tr key={`${model} ${layer}`}>
              <th scope="row">{MODEL_NAMES[model] ?? model}</th>
              <td class="number">{layer}</td>
              {withAttention && <td class="number">{attention === undefined ? "–" : percent(attention)}</td>}
              <td>
                <span class="gate-values">
                  <GateBar gates={gates} />
                  <span>{gates.map(percent).join(" · ")}</span>
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollFrame>
  );
}

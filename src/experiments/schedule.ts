// Runs tasks that depend on each other's results, several at a time; a failure affects only its dependents.

/** "failed" and "stopped" block tasks that depend on this one. */
export type TaskOutcome = "done" | "failed" | "stopped";
export type TaskEnd = TaskOutcome | "blocked";

export interface Task {
  readonly id: string;
  /** Ids of tasks that must finish first. */
  readonly needs: readonly string[];
  /** Tasks with the same turnstile start one after another: the next one when the previous one has let go, or has ended. */
  readonly turnstile?: string;
  /** Never rejects. `letGo` opens the turnstile for the next task. */
  readonly run: (letGo: () => void) => Promise<TaskOutcome>;
}

export interface ScheduleOptions {
  /** Tasks at a time. */
  readonly jobs: number;
  /** On abort, no further task starts; running tasks are awaited. */
  readonly signal: AbortSignal;
  readonly onEnd?: ((id: string, end: TaskEnd) => void) | undefined;
}

/**
 * Runs the tasks, in order where possible, and returns how each ended; tasks that did not start before an abort are "stopped", tasks
 * that depend on a failed one are "blocked".
 */
export async function runTasks(
  tasks: readonly Task[],
  { jobs, signal, onEnd }: ScheduleOptions,
): Promise<ReadonlyMap<string, TaskEnd>> {
  const ends = new Map<string, TaskEnd>();
  const running = new Map<string, Promise<void>>();
  const held = new Set<string>();
  const waiting = new Set(tasks);
  let wake: () => void = () => undefined;

  const end = (id: string, how: TaskEnd) => {
    ends.set(id, how);
    onEnd?.(id, how);
  };
  const begin = (task: Task) => {
    const { turnstile } = task;
    let holds = turnstile !== undefined;
    if (turnstile !== undefined) held.add(turnstile);
    const letGo = () => {
      if (holds && turnstile !== undefined) held.delete(turnstile);
      holds = false;
      wake();
    };
    const work = task.run(letGo).then((outcome) => {
      running.delete(task.id);
      letGo();
      end(task.id, outcome);
    });
    running.set(task.id, work);
  };
  /** Marks tasks that can no longer start, and starts those that can. */
  const advance = () => {
    for (const task of waiting) {
      const needs = task.needs.map((id) => ends.get(id));
      const hopeless = needs.find((need) => need === "failed" || need === "blocked" || need === "stopped");
      if (hopeless !== undefined || signal.aborted) {
        waiting.delete(task);
        end(task.id, signal.aborted || hopeless === "stopped" ? "stopped" : "blocked");
      } else if (
        running.size < jobs &&
        needs.every((need) => need === "done") &&
        (task.turnstile === undefined || !held.has(task.turnstile))
      ) {
        waiting.delete(task);
        begin(task);
      }
    }
  };

  for (;;) {
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const before = ends.size;
    advance();
    if (waiting.size === 0 && running.size === 0) return ends;
    if (ends.size > before) continue; // a finished task may block or release others
    if (running.size === 0)
      throw new Error("tasks depend on each other in a cycle, or on a task that does not exist");
    await Promise.race([woken, ...running.values()]);
  }
}

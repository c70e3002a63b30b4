export interface ModuleOfBuild {
  readonly size: number;
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}
export declare function chunksOf(
  modules: ReadonlyMap<string, ModuleOfBuild>,
  starts: readonly string[],
  alone?: ReadonlySet<string>,
): Map<string, string>;

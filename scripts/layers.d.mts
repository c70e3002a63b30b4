export declare const FLOORS: readonly Readonly<Record<string, string>>[];
export declare const TOP_FILES: readonly string[];
export declare const LARGEST_SHARE: number;
export declare const PORTABLE: readonly string[];
export declare const NOT_PORTABLE: readonly RegExp[];
export declare function foldersOf(floor: Readonly<Record<string, string>>): string[];

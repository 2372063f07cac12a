import { setFlagsFromString } from "node:v8";

/**
 * Makes V8 clean the heap of this process before it asks the system for more. By itself it lets a heap grow to four
 * times of what is in use where there is much memory, and what requests leave looks as if it were in use until the whole
 * heap is gone through. This is no limit: what is in use may grow as before. To be called when the modules are loaded,
 * as code that was compiled under other flags is compiled anew.
 */
export function keepHeapSmall(): void {
  // What is new has no more room than it has now.
  setFlagsFromString("--semi-space-growth-factor=1");
  // The whole heap is gone through when it is half as large again as what was in use the last time.
  setFlagsFromString("--heap-growing-percent=50");
}

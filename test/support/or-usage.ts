/** What is read from a command line; where it is none of these, says so with the usage and ends the process with status 2. */
export function orUsage<T>(usage: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isAboutArguments(error)) throw error;
    process.stderr.write(`${error.message}\nUsage: ${usage}\n`);
    process.exit(2);
  }
}

/** Of node's parser, or of what checks the values. */
function isAboutArguments(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return error instanceof RangeError || ("code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
}

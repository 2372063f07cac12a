/** With a code of the system, of node's parser or of undici, so that it is told in the same words as theirs. */
export function codedError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Deeper than any of our files, and safe for recursive code. */
const MAX_DEPTH = 64;

/**
 * Parses JSON that need not be trusted, with bounded nesting.
 *
 * @throws SyntaxError that says what is wrong without quoting the text, which may be a secret behind a
 *   link
 */
export function parseJson(text: string): unknown {
  if (nestingOf(text) > MAX_DEPTH) {
    throw new SyntaxError(`is nested more than ${MAX_DEPTH} levels deep`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SyntaxError('is not JSON');
  }
}

/** Deepest nesting of brackets outside strings. */
function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (isString) {
      if (character === '\\') i++;
      else if (character === '"') isString = false;
    } else if (character === '"') isString = true;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth--;
  }
  return deepest;
}

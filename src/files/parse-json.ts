/** Deeper than any of our files; code that walks a value recursively takes this much. */
const MAX_DEPTH = 64;

/**
 * Parses JSON that need not be trusted: no deeper than what recursive code can walk.
 *
 * @throws SyntaxError that says what is wrong without quoting the text, which may be a secret that a
 *   link leads to
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

/** Most brackets that are open at once, outside of strings. */
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

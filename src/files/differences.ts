/** Longer values are cut in messages. */
const SHOWN = 60;

/**
 * The differences between two JSON values, one phrase per leaf: `training.epochs is 50 there and 60 here`.
 *
 * @param there - the known value
 * @param here - the value compared with it
 */
export function differences(there: unknown, here: unknown, path = ''): readonly string[] {
  if (isComposite(there) && isComposite(here)) {
    const names = new Set([...Object.keys(there), ...Object.keys(here)]);
    return [...names].flatMap((name) =>
      differences(there[name], here[name], path === '' ? name : `${path}.${name}`),
    );
  }
  const [before, now] = [show(there), show(here)];
  return before === now ? [] : [`${path} is ${before} there and ${now} here`];
}

function isComposite(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}

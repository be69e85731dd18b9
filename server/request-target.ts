/**
 * Path and query of a request's target, which may be a whole address (RFC 9112, section 3.2.2).
 *
 * @returns undefined for what is no target
 */
export function originForm(target: string): string | undefined {
  if (target.startsWith('/') || target === '*') return target;
  if (!URL.canParse(target)) return undefined;
  const { protocol, pathname, search } = new URL(target);
  return protocol === 'http:' || protocol === 'https:' ? pathname + search : undefined;
}

/**
 * Path and query of a request's target, which may be an absolute URL (RFC 9112, section 3.2.2).
 *
 * @returns undefined for an invalid target
 */
export function originForm(target: string): string | undefined {
  if (target.startsWith('/') || target === '*') return target;
  if (!URL.canParse(target)) return undefined;
  const { protocol, pathname, search } = new URL(target);
  return protocol === 'http:' || protocol === 'https:' ? pathname + search : undefined;
}

/** What is wrong with the key of a request (RFC 6750, section 3.1). */
type Parameters = Readonly<Partial<Record<'error' | 'scope', string>>>;

/** The header that says how to authenticate, and what is wrong. */
export function challenge(parameters: Parameters = {}): Readonly<Record<string, string>> {
  const written = Object.entries({ realm: 'weightspring', ...parameters }).map(
    ([name, value]) => `${name}="${value}"`,
  );
  return { 'WWW-Authenticate': `Bearer ${written.join(', ')}` };
}

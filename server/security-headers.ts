import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';

/**
 * Headers of every answer that keep a browser from doing more with it than showing it. Without
 * Strict-Transport-Security, which is for whoever has the certificate: behind a proxy, it would bind
 * all of the proxy's domain.
 */
const headers = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  strictTransportSecurity: false,
  xFrameOptions: { action: 'deny' },
});

export function setSecurityHeaders(req: IncomingMessage, res: ServerResponse): void {
  headers(req, res, () => undefined);
}

/** The same for an answer without a request that can be read, as lines of HTTP. */
export const RAW_SECURITY_HEADERS =
  'X-Content-Type-Options: nosniff\r\n' +
  "Content-Security-Policy: default-src 'none';frame-ancestors 'none'\r\n" +
  'Cache-Control: no-store\r\n';

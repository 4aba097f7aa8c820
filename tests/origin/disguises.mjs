// @ts-check
/**
 * The pages well-known gateways send when they fail, byte for byte as they
 * look, so that an origin can send one under a status that hides it.
 */

/** @param {string} line */
const padding = (line) => `${line}\r\n`.repeat(6);

const NGINX =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n" +
  "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n" +
  "</body>\r\n</html>\r\n" +
  padding("<!-- a padding to disable MSIE and Chrome friendly error page -->");

const HAPROXY =
  "<html><body><h1>503 Service Unavailable</h1>\n" +
  "No server is available to handle this request.\n</body></html>\n";

const VARNISH = `<!DOCTYPE html>
<html>
  <head>
    <title>503 Backend fetch failed</title>
  </head>
  <body>
    <h1>Error 503 Backend fetch failed</h1>
    <p>Backend fetch failed</p>
    <h3>Guru Meditation:</h3>
    <p>XID: 32771</p>
    <hr>
    <p>Varnish cache server</p>
  </body>
</html>
`;

/** @type {Record<string, string>} */
export const DISGUISE_PAGES = {
  nginx: NGINX,
  haproxy: HAPROXY,
  varnish: VARNISH,
};

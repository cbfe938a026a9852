// The floor: the least that a proxy in this runtime can be, a bare node:http server in front of undici. Frozen: its hash is
// printed with every report, so that ratios of different days can be compared. Usage: node floor.mjs UPSTREAM_URL
import http from 'node:http';
import { Agent, request } from 'undici';

const upstream = process.argv[2];
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
const server = http.createServer((incoming, outgoing) => {
  const chunks = [];
  incoming.on('data', (chunk) => chunks.push(chunk));
  incoming.on('end', async () => {
    const answer = await request(upstream + incoming.url, {
      method: 'POST',
      dispatcher,
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat(chunks),
    });
    outgoing.writeHead(answer.statusCode, { 'content-type': answer.headers['content-type'] });
    for await (const chunk of answer.body) outgoing.write(chunk);
    outgoing.end();
  });
});
server.listen(0, '127.0.0.1', () => console.log(`floor listening on http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));

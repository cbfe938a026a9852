// The imaginary service itself, to try the provider with before yours is there: `npm run service`. Delete it then.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

const PORT = Number(process.env.PORT ?? 4199);

const server = createServer(async (request, response) => {
  const { turns } = JSON.parse(await text(request)) as { turns: { parts: { text?: string }[] }[] }; // from encode()
  const words = turns.flatMap(({ parts }) => parts.flatMap((part) => part.text?.split(/(?<= )/) ?? []));
  response.writeHead(200, { 'content-type': 'application/jsonl' });
  const say = (line: object) => response.write(`${JSON.stringify(line)}\n`);
  say({ id: 'a-1' });
  for (const word of words) say({ text: word });
  say({ done: 'end', usage: { input: words.length, output: words.length } });
  response.end();
});
server.listen(PORT, '127.0.0.1', () => {
  const address = server.address();
  console.log(`parrot listens on http://127.0.0.1:${typeof address === 'object' ? address?.port : PORT}`);
});

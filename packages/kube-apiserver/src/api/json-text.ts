import type { IncomingMessage, ServerResponse } from 'node:http'

/** Programs behind which people sit (apiserver's isPrettyPrint). */
const FOR_PEOPLE = /^(curl|Wget|Mozilla\/5\.0)/
const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True']

/** Whether the answer is to be read by people: `pretty` in the query says so, or the program that asks. */
export function isPretty({ url = '', headers }: IncomingMessage): boolean {
  const asked = url.includes('pretty') ? new URLSearchParams(url.split('?')[1]).get('pretty') : null
  return asked ? TRUE.includes(asked) : FOR_PEOPLE.test(headers['user-agent'] ?? '')
}

/** JSON as Go's encoders end it: over several lines for people, else in one line with its end. */
export function jsonText(text: string, pretty: boolean): string {
  return pretty ? JSON.stringify(JSON.parse(text), null, 2) : `${text}\n`
}

/** Sends what is no object of a resource, such as discovery. */
export function sendDocument(response: ServerResponse, document: unknown): void {
  const body = jsonText(JSON.stringify(document), isPretty(response.req))
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
}

/** Sends what is always for people to read (apiserver's WriteRawJSON). */
export function sendRaw(response: ServerResponse, document: unknown): void {
  const body = JSON.stringify(document, null, 2)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
}

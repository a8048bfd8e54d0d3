const WORDS: Record<number, string> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  409: 'the server reported a conflict',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
}
const NOT_ACCEPTABLE = 'the server was unable to respond with a content type that the client supports'
const LONGEST = 2048

/** What client-go says of an answer that is no success (NewGenericServerResponse), or what a Status in it says itself. */
export function answerFault(status: number, type: string, text: string): string {
  const own = statusMessage(text)
  if (own) return own
  const said = type === '' || type.startsWith('text/') ? text.trim().slice(0, LONGEST) : 'unknown'
  if (WORDS[status]) return WORDS[status]
  if (status === 406 && ['', 'unknown'].includes(said)) return NOT_ACCEPTABLE
  if ([403, 406, 415].includes(status)) return said
  if (status >= 500) return `an error on the server (${JSON.stringify(said)}) has prevented the request from succeeding`
  return `the server responded with the status code ${status} but did not return more information`
}

function statusMessage(text: string): string | undefined {
  try {
    const { kind = 'Status', status, message } = JSON.parse(text)
    return kind === 'Status' && status === 'Failure' ? message : undefined
  } catch {
    return undefined
  }
}

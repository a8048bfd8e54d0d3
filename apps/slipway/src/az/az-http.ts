import { createReadStream, readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { pipeline } from 'node:stream/promises'
import { messageOf } from '@slipway/errors'
import { AzError } from './az-error.ts'
import type { AzLogin } from './az-state.ts'

export interface AzCall {
  url: string
  method?: string
  login?: AzLogin
  headers?: Record<string, string>
  /** Sent as JSON. */
  json?: unknown
  form?: URLSearchParams
  /** Path of a file that is sent. */
  file?: string
}

export interface AzAnswer {
  status: number
  headers: IncomingMessage['headers']
  text: string
}

/** One request, its answer read whole. */
export async function call(options: AzCall): Promise<AzAnswer> {
  const response = await open(options)
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
  return { status: response.statusCode ?? 0, headers: response.headers, text }
}

/** One request whose answer must be JSON with a status below 400. Throws AzError with the server's words; `missing`: its exit status for 404. */
export async function callJson<T>(options: AzCall, missing = 1): Promise<T> {
  const answer = await call(options)
  if (answer.status >= 400) throw new AzError(wordsOf(answer), answer.status === 404 ? missing : 1)
  return JSON.parse(answer.text) as T
}

/** One request, its answer to be read as it comes. */
export function open({ url, method = 'GET', login, headers = {}, json, form, file }: AzCall): Promise<IncomingMessage> {
  const target = new URL(url)
  const body = json === undefined ? form?.toString() : JSON.stringify(json)
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void =>
      reject(new AzError(`Could not connect to '${target.host}': ${messageOf(error) || 'no answer'}.`))
    const outgoing = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, {
      ...trust(),
      method,
      headers: {
        ...(login && {
          authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`,
        }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
        ...headers,
      },
    })
    outgoing.on('response', resolve)
    outgoing.on('error', fail)
    if (file === undefined) outgoing.end(body)
    else pipeline(createReadStream(file), outgoing).catch(fail)
  })
}

/** As azure-cli is told whom to trust. */
function trust(): { ca?: Buffer; rejectUnauthorized?: boolean } {
  const { REQUESTS_CA_BUNDLE, AZURE_CLI_DISABLE_CONNECTION_VERIFICATION } = process.env
  if (AZURE_CLI_DISABLE_CONNECTION_VERIFICATION) return { rejectUnauthorized: false }
  return REQUESTS_CA_BUNDLE ? { ca: readFileSync(REQUESTS_CA_BUNDLE) } : {}
}

/** What a refusal says, in the forms of the management API and of registries. */
export function wordsOf({ status, text }: AzAnswer): string {
  if (status === 401 || status === 403) {
    return `Authentication failed or access is denied (status ${status}). Run 'az login' with an identity that may do this.`
  }
  try {
    const { error, errors } = JSON.parse(text) as { error?: { message: string }; errors?: { message: string }[] }
    const message = error?.message ?? errors?.map((one) => one.message).join('; ')
    if (message) return message
  } catch {
    // Told below.
  }
  return `The server answered with status ${status}.`
}
